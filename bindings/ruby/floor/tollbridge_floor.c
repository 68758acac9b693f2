/* The probes as a Ruby extension written by hand: the lowest toll that Ruby allows.
 *
 * Methods have a fixed number of arguments, records are plain C structures behind their objects,
 * and everything is checked as a bridge has to check it. Where a library would hand out memory of
 * its own, so does this file: text is UTF-8 first. Ruby leaves C by longjmp: whatever must be freed
 * belongs to an object or stands under rb_ensure. */

#include <pthread.h>
#include <ruby.h>
#include <ruby/encoding.h>
#include <ruby/thread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What every error of `fail` has. */
#define CODE 16
#define NAME "probe"
#define TEXT "caf\xc3\xa9"

/* How many objects are put into an Array at once. */
#define CHUNK 128

/* Made once, by Init_tollbridge_floor. */
static VALUE Point_class, Dot_class, Circle_class, Label_class, ProbeError_class;
static VALUE stop_symbol;
static ID number_id;
static int utf8_index, ascii_index;

/* ---- arguments; what does not fit raises */

/* An integer of 64 bits: RangeError for one that is not, TypeError for what is no Integer. */
static inline uint64_t read_u64(VALUE object) {
  if (RB_FIXNUM_P(object) && FIX2LONG(object) >= 0) return (uint64_t)FIX2LONG(object);
  if (!RB_INTEGER_TYPE_P(object))
    rb_raise(rb_eTypeError, "an Integer is needed, not %" PRIsVALUE, rb_obj_class(object));
  if (RB_FIXNUM_P(object) || RBIGNUM_NEGATIVE_P(object))
    rb_raise(rb_eRangeError, "%" PRIsVALUE " is negative", object);
  return rb_big2ull(object);
}

/* A length that memory can hold. */
static inline long read_length(VALUE object) {
  uint64_t length = read_u64(object);
  if (length > LONG_MAX) rb_raise(rb_eRangeError, "%" PRIsVALUE " is no length", object);
  return (long)length;
}

/* A number as a double; its to_f may run. */
static inline double read_double(VALUE object) {
  return RB_FLOAT_TYPE_P(object) ? RFLOAT_VALUE(object) : rb_num2dbl(object);
}

/* Text whose bytes are UTF-8: the String itself, or one in UTF-8 where it has another encoding. */
static inline VALUE read_text(VALUE text) {
  Check_Type(text, T_STRING);
  int index = ENCODING_GET(text);
  if (index != utf8_index && index != ascii_index)
    text = rb_str_encode(text, rb_enc_from_encoding(rb_utf8_encoding()), 0, Qnil);
  if (rb_enc_str_coderange(text) == ENC_CODERANGE_BROKEN)
    rb_raise(rb_eArgError, "invalid byte sequence in UTF-8");
  return text;
}

/* ---- scalars */

static VALUE nop(VALUE module) {
  (void)module;
  return Qnil;
}

static VALUE add(VALUE module, VALUE a, VALUE b) {
  (void)module;
  return ULL2NUM(read_u64(a) + read_u64(b));
}

static VALUE half(VALUE module, VALUE argument) {
  (void)module;
  if (NIL_P(argument)) return Qnil;
  uint64_t number = read_u64(argument);
  return number % 2 == 0 ? ULL2NUM(number / 2) : Qnil;
}

/* ---- text and bytes */

static VALUE str_len(VALUE module, VALUE text) {
  (void)module;
  return LONG2NUM(RSTRING_LEN(read_text(text)));
}

static uint64_t count_characters(VALUE text) {
  const char *data = RSTRING_PTR(text);
  uint64_t count = 0;
  for (long i = 0; i < RSTRING_LEN(text); i++)
    count += (data[i] & 0xc0) != 0x80;
  RB_GC_GUARD(text);
  return count;
}

static VALUE str_chars(VALUE module, VALUE text) {
  (void)module;
  return ULL2NUM(count_characters(read_text(text)));
}

static VALUE echo(VALUE module, VALUE argument) {
  (void)module;
  VALUE text = read_text(argument);
  VALUE copy = rb_utf8_str_new(RSTRING_PTR(text), RSTRING_LEN(text));
  RB_GC_GUARD(text);
  return copy;
}

/* Repeats the first `filled` bytes until there are `length`. */
static void repeat(char *data, size_t filled, size_t length) {
  while (filled < length) {
    size_t more = filled < length - filled ? filled : length - filled;
    memcpy(data + filled, data, more);
    filled += more;
  }
}

static VALUE make_str(VALUE module, VALUE n, VALUE wide) {
  (void)module;
  const char *pattern = "abcdefghijklmnopqrstuvwxyz";
  long length = read_length(n);
  if (wide != Qtrue && wide != Qfalse)
    rb_raise(rb_eTypeError, "true or false is needed, not %" PRIsVALUE, rb_obj_class(wide));
  if (wide == Qtrue) {
    pattern = "\xc3\xa9";
    if (length > LONG_MAX / 2)
      rb_raise(rb_eRangeError, "%" PRIsVALUE " characters are too many", n);
    length *= 2;
  }
  VALUE holder;
  char *text = ALLOCV(holder, (size_t)length);
  size_t first = strlen(pattern) < (size_t)length ? strlen(pattern) : (size_t)length;
  memcpy(text, pattern, first);
  repeat(text, first, (size_t)length);
  VALUE result = rb_utf8_str_new(text, length);
  ALLOCV_END(holder);
  return result;
}

static VALUE bytes_ends(VALUE module, VALUE bytes) {
  (void)module;
  Check_Type(bytes, T_STRING);
  const uint8_t *data = (const uint8_t *)RSTRING_PTR(bytes);
  long length = RSTRING_LEN(bytes);
  return length == 0 ? INT2FIX(0) : ULL2NUM((uint64_t)length + data[0] + data[length - 1]);
}

static VALUE bytes_sum(VALUE module, VALUE bytes) {
  (void)module;
  Check_Type(bytes, T_STRING);
  const uint8_t *data = (const uint8_t *)RSTRING_PTR(bytes);
  uint64_t sum = 0;
  for (long i = 0; i < RSTRING_LEN(bytes); i++)
    sum += data[i];
  return ULL2NUM(sum);
}

static VALUE make_bytes(VALUE module, VALUE argument) {
  (void)module;
  long n = read_length(argument);
  VALUE bytes = rb_str_new(NULL, n);
  char *data = RSTRING_PTR(bytes);
  long first = n < 256 ? n : 256;
  for (long i = 0; i < first; i++)
    data[i] = (char)i;
  repeat(data, (size_t)first, (size_t)n);
  return bytes;
}

/* ---- numbers in bulk */

/* A packed String may be a slice of another, so its doubles may lie at any address. */
static inline double double_at(const char *data, long i) {
  double value;
  memcpy(&value, data + (size_t)i * sizeof value, sizeof value);
  return value;
}

static double ends_of_doubles(const char *data, long n) {
  return n == 0 ? 0.0 : (double)n + double_at(data, 0) + double_at(data, n - 1);
}

static double sum_of_doubles(const char *data, long n) {
  double sum = 0.0;
  for (long i = 0; i < n; i++)
    sum += double_at(data, i);
  return sum;
}

/* How many doubles a packed String has. */
static inline long packed_length(VALUE string) {
  Check_Type(string, T_STRING);
  long length = RSTRING_LEN(string);
  if (length % (long)sizeof(double) != 0)
    rb_raise(rb_eArgError, "%ld bytes are no doubles", length);
  return length / (long)sizeof(double);
}

/* Doubles of a packed String are borrowed, those of an Array copied. */
static inline VALUE number_of_doubles(double (*function)(const char *, long), VALUE argument) {
  if (!RB_TYPE_P(argument, T_ARRAY)) {
    long n = packed_length(argument);
    return DBL2NUM(function(RSTRING_PTR(argument), n));
  }
  long n = RARRAY_LEN(argument), i = 0;
  VALUE holder;
  double *values = ALLOCV_N(double, holder, n);
  /* An Array may shrink while an item's to_f runs: its length is asked for each time. */
  for (; i < n && i < RARRAY_LEN(argument); i++)
    values[i] = read_double(RARRAY_AREF(argument, i));
  double result = function((const char *)values, i);
  ALLOCV_END(holder);
  return DBL2NUM(result);
}

static VALUE f64_ends(VALUE module, VALUE values) {
  (void)module;
  return number_of_doubles(ends_of_doubles, values);
}

static VALUE f64_sum(VALUE module, VALUE values) {
  (void)module;
  return number_of_doubles(sum_of_doubles, values);
}

/* An Array of what `make` makes of 0 to n - 1. The objects of a chunk are on the stack, where the
 * collector sees them. */
static inline VALUE make_array(long n, VALUE (*make)(uint64_t)) {
  VALUE chunk[CHUNK];
  VALUE array = rb_ary_new_capa(n);
  for (long done = 0; done < n;) {
    int filled = 0;
    for (; filled < CHUNK && done < n; filled++, done++)
      chunk[filled] = make((uint64_t)done);
    rb_ary_cat(array, chunk, filled);
  }
  return array;
}

static VALUE new_double(uint64_t n) { return DBL2NUM((double)n); }

static VALUE make_f64(VALUE module, VALUE n) {
  (void)module;
  return make_array(read_length(n), new_double);
}

static VALUE make_f64_packed(VALUE module, VALUE argument) {
  (void)module;
  long n = read_length(argument);
  if (n > LONG_MAX / (long)sizeof(double))
    rb_raise(rb_eRangeError, "%" PRIsVALUE " doubles are too many", argument);
  VALUE packed = rb_str_new(NULL, n * (long)sizeof(double));
  /* Memory of a new String is aligned. */
  double *values = (double *)RSTRING_PTR(packed);
  for (long i = 0; i < n; i++)
    values[i] = (double)i;
  return packed;
}

static VALUE scale_in_place(VALUE module, VALUE packed, VALUE argument) {
  (void)module;
  /* The factor first: its to_f may run, and change the String. */
  double factor = read_double(argument);
  long n = packed_length(packed);
  rb_str_modify(packed);
  char *data = RSTRING_PTR(packed);
  for (long i = 0; i < n; i++) {
    double value = double_at(data, i) * factor;
    memcpy(data + (size_t)i * sizeof value, &value, sizeof value);
  }
  return Qnil;
}

/* ---- a record: a class whose objects are made by `new` alone, so that none is half made */

typedef struct {
  uint64_t id;
  double x;
  double y;
  uint32_t flags;
} Point;

static const rb_data_type_t point_type = {
    .wrap_struct_name = "TollbridgeFloor::Probe::Point",
    .function = {.dfree = RUBY_DEFAULT_FREE},
    .flags = RUBY_TYPED_FREE_IMMEDIATELY | RUBY_TYPED_WB_PROTECTED,
};

static inline VALUE wrap_point(Point value) {
  Point *point;
  VALUE object = TypedData_Make_Struct(Point_class, Point, &point_type, point);
  *point = value;
  return object;
}

static inline const Point *read_point(VALUE object) {
  return rb_check_typeddata(object, &point_type);
}

static VALUE Point_new(VALUE class, VALUE id, VALUE x, VALUE y, VALUE argument) {
  (void)class;
  uint64_t flags = read_u64(argument);
  if (flags > UINT32_MAX) rb_raise(rb_eRangeError, "flags must fit 32 bits");
  return wrap_point((Point){read_u64(id), read_double(x), read_double(y), (uint32_t)flags});
}

static VALUE Point_id(VALUE self) { return ULL2NUM(read_point(self)->id); }

static VALUE Point_x(VALUE self) { return DBL2NUM(read_point(self)->x); }

static VALUE Point_y(VALUE self) { return DBL2NUM(read_point(self)->y); }

static VALUE Point_flags(VALUE self) { return UINT2NUM(read_point(self)->flags); }

static VALUE Point_to_a(VALUE self) {
  return rb_ary_new_from_args(4, Point_id(self), Point_x(self), Point_y(self), Point_flags(self));
}

static inline double sum_of_point(const Point *point) {
  return (double)point->id + point->x + point->y + point->flags;
}

static VALUE new_point(uint64_t n) { return wrap_point((Point){n, (double)n * 0.5, -1.0, n & 7}); }

static VALUE point_in(VALUE module, VALUE point) {
  (void)module;
  return DBL2NUM(sum_of_point(read_point(point)));
}

static VALUE make_point(VALUE module, VALUE n) {
  (void)module;
  return new_point(read_u64(n));
}

static double ends_of_points(const Point *points, long n) {
  return n == 0 ? 0.0 : (double)n + sum_of_point(&points[0]) + sum_of_point(&points[n - 1]);
}

static double sum_of_points(const Point *points, long n) {
  double sum = 0.0;
  for (long i = 0; i < n; i++)
    sum += sum_of_point(&points[i]);
  return sum;
}

/* A C function gets a contiguous array, so one is made of the Array. */
static inline VALUE number_of_points(double (*function)(const Point *, long), VALUE array) {
  Check_Type(array, T_ARRAY);
  long n = RARRAY_LEN(array);
  VALUE holder;
  Point *points = ALLOCV_N(Point, holder, n);
  for (long i = 0; i < n; i++)
    points[i] = *read_point(RARRAY_AREF(array, i));
  double result = function(points, n);
  ALLOCV_END(holder);
  return DBL2NUM(result);
}

static VALUE points_ends(VALUE module, VALUE points) {
  (void)module;
  return number_of_points(ends_of_points, points);
}

static VALUE points_sum(VALUE module, VALUE points) {
  (void)module;
  return number_of_points(sum_of_points, points);
}

static VALUE make_points(VALUE module, VALUE n) {
  (void)module;
  return make_array(read_length(n), new_point);
}

/* ---- a tagged enum: a class for each kind, below one module */

typedef struct {
  double radius;
} Circle;

typedef struct {
  VALUE text;
} Label;

static void mark_label(void *label) { rb_gc_mark(((Label *)label)->text); }

static const rb_data_type_t dot_type = {
    .wrap_struct_name = "TollbridgeFloor::Probe::Shape::Dot",
    .flags = RUBY_TYPED_FREE_IMMEDIATELY | RUBY_TYPED_WB_PROTECTED,
};

static const rb_data_type_t circle_type = {
    .wrap_struct_name = "TollbridgeFloor::Probe::Shape::Circle",
    .function = {.dfree = RUBY_DEFAULT_FREE},
    .flags = RUBY_TYPED_FREE_IMMEDIATELY | RUBY_TYPED_WB_PROTECTED,
};

static const rb_data_type_t label_type = {
    .wrap_struct_name = "TollbridgeFloor::Probe::Shape::Label",
    .function = {.dmark = mark_label, .dfree = RUBY_DEFAULT_FREE},
    .flags = RUBY_TYPED_FREE_IMMEDIATELY | RUBY_TYPED_WB_PROTECTED,
};

static VALUE wrap_dot(void) { return TypedData_Wrap_Struct(Dot_class, &dot_type, NULL); }

static VALUE wrap_circle(double radius) {
  Circle *circle;
  VALUE object = TypedData_Make_Struct(Circle_class, Circle, &circle_type, circle);
  circle->radius = radius;
  return object;
}

static VALUE wrap_label(VALUE text) {
  Label *label;
  VALUE object = TypedData_Make_Struct(Label_class, Label, &label_type, label);
  RB_OBJ_WRITE(object, &label->text, text);
  return object;
}

static VALUE Dot_new(VALUE class) {
  (void)class;
  return wrap_dot();
}

static VALUE Circle_new(VALUE class, VALUE radius) {
  (void)class;
  return wrap_circle(read_double(radius));
}

static VALUE Circle_radius(VALUE self) {
  const Circle *circle = rb_check_typeddata(self, &circle_type);
  return DBL2NUM(circle->radius);
}

static VALUE Label_new(VALUE class, VALUE text) {
  (void)class;
  Check_Type(text, T_STRING);
  return wrap_label(rb_str_new_frozen(text));
}

static VALUE Label_text(VALUE self) {
  const Label *label = rb_check_typeddata(self, &label_type);
  return label->text;
}

static VALUE shape_in(VALUE module, VALUE shape) {
  (void)module;
  const rb_data_type_t *type = NULL;
  if (RB_TYPE_P(shape, T_DATA) && RTYPEDDATA_P(shape)) type = RTYPEDDATA_TYPE(shape);
  if (type == &dot_type) return DBL2NUM(0.0);
  if (type == &circle_type) {
    double radius = ((const Circle *)RTYPEDDATA_DATA(shape))->radius;
    return DBL2NUM(3.0 * radius * radius);
  }
  if (type == &label_type) {
    VALUE text = ((const Label *)RTYPEDDATA_DATA(shape))->text;
    return DBL2NUM((double)count_characters(read_text(text)));
  }
  rb_raise(rb_eTypeError, "a Shape is needed, not %" PRIsVALUE, rb_obj_class(shape));
}

static VALUE make_shape(VALUE module, VALUE argument) {
  (void)module;
  uint64_t n = read_u64(argument);
  if (n % 3 == 0) return wrap_dot();
  if (n % 3 == 1) return wrap_circle((double)n);
  char text[32];
  int length = snprintf(text, sizeof text, "%llu", (unsigned long long)n);
  return wrap_label(rb_obj_freeze(rb_utf8_str_new(text, length)));
}

/* ---- a map */

static int add_entry(VALUE key, VALUE value, VALUE sum) {
  *(uint64_t *)sum += read_u64(value) + (uint64_t)RSTRING_LEN(read_text(key));
  return ST_CONTINUE;
}

static VALUE map_sum(VALUE module, VALUE map) {
  (void)module;
  Check_Type(map, T_HASH);
  uint64_t sum = 0;
  rb_hash_foreach(map, add_entry, (VALUE)&sum);
  return ULL2NUM(sum);
}

static VALUE make_map(VALUE module, VALUE argument) {
  (void)module;
  long n = read_length(argument);
  VALUE map = rb_hash_new();
  for (long i = 0; i < n; i++) {
    char text[32];
    int length = snprintf(text, sizeof text, "k%06ld", i);
    /* A key that is frozen already is not copied. */
    rb_hash_aset(map, rb_obj_freeze(rb_utf8_str_new(text, length)), LONG2NUM(i));
  }
  return map;
}

/* ---- an error: all but its number is made when it is asked for */

static VALUE ProbeError_code(VALUE self) {
  (void)self;
  return INT2FIX(CODE);
}

static VALUE ProbeError_name(VALUE self) {
  (void)self;
  return rb_utf8_str_new_static(NAME, strlen(NAME));
}

static VALUE ProbeError_number(VALUE self) { return rb_attr_get(self, number_id); }

static VALUE ProbeError_ratio(VALUE self) {
  (void)self;
  return DBL2NUM(nan(""));
}

static VALUE ProbeError_text(VALUE self) {
  (void)self;
  return rb_utf8_str_new_static(TEXT, strlen(TEXT));
}

static VALUE ProbeError_message(VALUE self) {
  char message[64];
  unsigned long long number = NUM2ULL(ProbeError_number(self));
  return rb_utf8_str_new(message,
                         snprintf(message, sizeof message, "probe failed: %llu NaN " TEXT, number));
}

static VALUE ProbeError_fields(VALUE self) {
  VALUE fields = rb_hash_new();
  rb_hash_aset(fields, ID2SYM(number_id), ProbeError_number(self));
  rb_hash_aset(fields, ID2SYM(rb_intern("ratio")), ProbeError_ratio(self));
  rb_hash_aset(fields, ID2SYM(rb_intern("text")), ProbeError_text(self));
  return fields;
}

static VALUE fail(VALUE module, VALUE argument) {
  (void)module;
  uint64_t number = read_u64(argument);
  VALUE error = rb_class_new_instance(0, NULL, ProbeError_class);
  rb_ivar_set(error, number_id, ULL2NUM(number));
  rb_exc_raise(error);
}

/* ---- callbacks */

/* Yields 0 to n - 1. The block may leave by break or raise: there is nothing here to clean up. */
static VALUE call_back(VALUE module, VALUE argument) {
  (void)module;
  uint64_t n = read_u64(argument), sum = 0;
  rb_need_block();
  for (uint64_t i = 0; i < n; i++) {
    VALUE answer = rb_yield(ULL2NUM(i));
    if (answer == stop_symbol) return Qnil;
    sum += read_u64(answer);
  }
  return ULL2NUM(sum);
}

/* Between the thread that asks and the one that has the block. Semaphores, since `sem_post` is safe
 * in a signal handler: to interrupt a wait by anything else, Ruby starts a thread of its own each
 * time. */
typedef struct {
  sem_t asked;
  sem_t answered;
  atomic_bool has_question; /* if not, `asked` was an interrupt */
  atomic_bool is_abandoned;
  uint64_t n;
  uint64_t number; /* that is asked about */
  pthread_t thread;
} Exchange;

static void wait_for(sem_t *semaphore) {
  while (sem_wait(semaphore) != 0) /* a signal */
    ;
}

/* Only Ruby's own threads may call Ruby: this one asks, and waits for the answer. */
static void *ask(void *pointer) {
  Exchange *exchange = pointer;
  for (uint64_t i = 0; i < exchange->n && !exchange->is_abandoned; i++) {
    exchange->number = i;
    exchange->has_question = true;
    sem_post(&exchange->asked);
    wait_for(&exchange->answered);
  }
  return NULL;
}

/* Without the GVL. */
static void *wait_for_question(void *exchange) {
  wait_for(&((Exchange *)exchange)->asked);
  return NULL;
}

static void interrupt(void *exchange) { sem_post(&((Exchange *)exchange)->asked); }

static VALUE answer_questions(VALUE argument) {
  Exchange *exchange = (Exchange *)argument;
  uint64_t sum = 0;
  for (uint64_t answers = 0; answers < exchange->n;) {
    rb_nogvl(wait_for_question, exchange, interrupt, exchange, RB_NOGVL_UBF_ASYNC_SAFE);
    if (!atomic_exchange(&exchange->has_question, false)) continue;
    VALUE answer = rb_yield(ULL2NUM(exchange->number));
    if (answer == stop_symbol) return Qnil;
    sum += read_u64(answer);
    answers++;
    sem_post(&exchange->answered);
  }
  return ULL2NUM(sum);
}

/* However the answers ended, the thread ends before its exchange does. */
static VALUE end_exchange(VALUE argument) {
  Exchange *exchange = (Exchange *)argument;
  exchange->is_abandoned = true;
  sem_post(&exchange->answered);
  pthread_join(exchange->thread, NULL);
  sem_destroy(&exchange->answered);
  sem_destroy(&exchange->asked);
  return Qnil;
}

static VALUE call_back_from_new_thread(VALUE module, VALUE n) {
  (void)module;
  Exchange exchange = {.n = read_u64(n)};
  rb_need_block();
  sem_init(&exchange.asked, 0, 0);
  sem_init(&exchange.answered, 0, 0);
  int failed = pthread_create(&exchange.thread, NULL, ask, &exchange);
  if (failed != 0) rb_syserr_fail(failed, "pthread_create");
  return rb_ensure(answer_questions, (VALUE)&exchange, end_exchange, (VALUE)&exchange);
}

/* ---- the module */

static VALUE define_value(VALUE outer, const char *name) {
  VALUE class = rb_define_class_under(outer, name, rb_cObject);
  rb_undef_alloc_func(class);
  return class;
}

static void define_point(VALUE probe) {
  Point_class = define_value(probe, "Point");
  rb_define_singleton_method(Point_class, "new", Point_new, 4);
  rb_define_method(Point_class, "id", Point_id, 0);
  rb_define_method(Point_class, "x", Point_x, 0);
  rb_define_method(Point_class, "y", Point_y, 0);
  rb_define_method(Point_class, "flags", Point_flags, 0);
  rb_define_method(Point_class, "to_a", Point_to_a, 0);
}

static void define_shape(VALUE probe) {
  VALUE shape = rb_define_module_under(probe, "Shape");
  Dot_class = define_value(shape, "Dot");
  rb_define_singleton_method(Dot_class, "new", Dot_new, 0);
  Circle_class = define_value(shape, "Circle");
  rb_define_singleton_method(Circle_class, "new", Circle_new, 1);
  rb_define_method(Circle_class, "radius", Circle_radius, 0);
  Label_class = define_value(shape, "Label");
  rb_define_singleton_method(Label_class, "new", Label_new, 1);
  rb_define_method(Label_class, "text", Label_text, 0);
}

static void define_error(VALUE floor) {
  ProbeError_class = rb_define_class_under(floor, "ProbeError", rb_eStandardError);
  rb_define_method(ProbeError_class, "code", ProbeError_code, 0);
  rb_define_method(ProbeError_class, "error_name", ProbeError_name, 0);
  rb_define_method(ProbeError_class, "number", ProbeError_number, 0);
  rb_define_method(ProbeError_class, "ratio", ProbeError_ratio, 0);
  rb_define_method(ProbeError_class, "text", ProbeError_text, 0);
  rb_define_method(ProbeError_class, "to_s", ProbeError_message, 0);
  rb_define_method(ProbeError_class, "fields", ProbeError_fields, 0);
}

void Init_tollbridge_floor(void) {
  /* What is static here is never written again. */
  rb_ext_ractor_safe(true);
  utf8_index = rb_utf8_encindex();
  ascii_index = rb_usascii_encindex();
  stop_symbol = ID2SYM(rb_intern("stop"));
  number_id = rb_intern("number");

  VALUE floor = rb_define_module("TollbridgeFloor");
  VALUE probe = rb_define_module_under(floor, "Probe");
  define_point(probe);
  define_shape(probe);
  define_error(floor);
  rb_define_module_function(probe, "nop", nop, 0);
  rb_define_module_function(probe, "add", add, 2);
  rb_define_module_function(probe, "half", half, 1);
  rb_define_module_function(probe, "str_len", str_len, 1);
  rb_define_module_function(probe, "str_chars", str_chars, 1);
  rb_define_module_function(probe, "echo", echo, 1);
  rb_define_module_function(probe, "make_str", make_str, 2);
  rb_define_module_function(probe, "bytes_ends", bytes_ends, 1);
  rb_define_module_function(probe, "bytes_sum", bytes_sum, 1);
  rb_define_module_function(probe, "make_bytes", make_bytes, 1);
  rb_define_module_function(probe, "f64_ends", f64_ends, 1);
  rb_define_module_function(probe, "f64_sum", f64_sum, 1);
  rb_define_module_function(probe, "make_f64", make_f64, 1);
  rb_define_module_function(probe, "make_f64_packed", make_f64_packed, 1);
  rb_define_module_function(probe, "scale_in_place", scale_in_place, 2);
  rb_define_module_function(probe, "point_in", point_in, 1);
  rb_define_module_function(probe, "make_point", make_point, 1);
  rb_define_module_function(probe, "points_ends", points_ends, 1);
  rb_define_module_function(probe, "points_sum", points_sum, 1);
  rb_define_module_function(probe, "make_points", make_points, 1);
  rb_define_module_function(probe, "shape_in", shape_in, 1);
  rb_define_module_function(probe, "make_shape", make_shape, 1);
  rb_define_module_function(probe, "map_sum", map_sum, 1);
  rb_define_module_function(probe, "make_map", make_map, 1);
  rb_define_module_function(probe, "fail", fail, 1);
  rb_define_module_function(probe, "call_back", call_back, 1);
  rb_define_module_function(probe, "call_back_from_new_thread", call_back_from_new_thread, 1);
}
