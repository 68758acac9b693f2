/* The probes as a CPython extension written by hand: the lowest toll that CPython allows.
 *
 * No argument parser stands between (METH_NOARGS, METH_O, METH_FASTCALL), records are plain C
 * structures inside their objects, and everything is checked as a bridge has to check it.
 * Where a library would hand out memory of its own, so does this file: text is UTF-8 first. */

#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <structmember.h>

/* What every error of `fail` has. */
#define CODE 16
#define NAME "probe"
#define TEXT "caf\xc3\xa9"

/* ---- arguments */

/* Whether a call has as many arguments as it must; an exception is set if not. */
static inline bool has_arguments(Py_ssize_t given, Py_ssize_t wanted) {
  if (given == wanted) return true;
  PyErr_Format(PyExc_TypeError, "takes %zd arguments (%zd given)", wanted, given);
  return false;
}

/* An integer of 64 bits; false with an exception set for anything else. */
static inline bool read_u64(PyObject *object, uint64_t *value) {
  *value = PyLong_AsUnsignedLongLong(object);
  return *value != UINT64_MAX || !PyErr_Occurred();
}

/* A length that memory can hold. */
static inline bool read_length(PyObject *object, Py_ssize_t *length) {
  *length = PyLong_AsSsize_t(object);
  if (*length >= 0) return true;
  if (!PyErr_Occurred()) PyErr_SetString(PyExc_OverflowError, "a length cannot be negative");
  return false;
}

static inline bool read_double(PyObject *object, double *value) {
  *value = PyFloat_AsDouble(object);
  return *value != -1.0 || !PyErr_Occurred();
}

/* Doubles of a buffer, borrowed, or of any other iterable, copied. */
typedef struct {
  Py_buffer view; /* view.obj is NULL when they are copied */
  double *data;
  Py_ssize_t length;
} Doubles;

/* Borrows a buffer of doubles: 1 if it did, 0 if this is no such buffer. Never an exception. */
static int borrow_doubles(PyObject *object, int flags, Doubles *doubles) {
  Py_buffer *view = &doubles->view;
  if (!PyObject_CheckBuffer(object)) return 0;
  if (PyObject_GetBuffer(object, view, PyBUF_C_CONTIGUOUS | PyBUF_FORMAT | flags) < 0) {
    PyErr_Clear();
    return 0;
  }
  if (view->ndim != 1 || view->format == NULL || strcmp(view->format, "d") != 0) {
    PyBuffer_Release(view);
    return 0;
  }
  doubles->data = view->buf;
  doubles->length = view->shape[0];
  return 1;
}

static bool read_doubles(PyObject *object, Doubles *doubles) {
  if (!PyList_CheckExact(object) && borrow_doubles(object, 0, doubles)) return true;
  doubles->view.obj = NULL;
  PyObject *items = PySequence_Fast(object, "a buffer or an iterable of floats is needed");
  if (items == NULL) return false;
  doubles->length = PySequence_Fast_GET_SIZE(items);
  doubles->data = PyMem_New(double, doubles->length);
  if (doubles->data == NULL) {
    Py_DECREF(items);
    PyErr_NoMemory();
    return false;
  }
  /* A list may shrink while an item's __float__ runs: its length is asked for each time. */
  Py_ssize_t i = 0;
  for (; i < doubles->length && i < PySequence_Fast_GET_SIZE(items); i++) {
    PyObject *item = PySequence_Fast_GET_ITEM(items, i);
    Py_INCREF(item);
    bool good = read_double(item, &doubles->data[i]);
    Py_DECREF(item);
    if (!good) {
      Py_DECREF(items);
      PyMem_Free(doubles->data);
      return false;
    }
  }
  doubles->length = i;
  Py_DECREF(items);
  return true;
}

static inline void release_doubles(Doubles *doubles) {
  if (doubles->view.obj != NULL)
    PyBuffer_Release(&doubles->view);
  else
    PyMem_Free(doubles->data);
}

/* ---- scalars */

static PyObject *nop(PyObject *Py_UNUSED(module), PyObject *const *Py_UNUSED(none),
                     Py_ssize_t count) {
  if (!has_arguments(count, 0)) return NULL;
  Py_RETURN_NONE;
}

static PyObject *add(PyObject *Py_UNUSED(module), PyObject *const *arguments, Py_ssize_t count) {
  uint64_t a, b;
  if (!has_arguments(count, 2) || !read_u64(arguments[0], &a) || !read_u64(arguments[1], &b))
    return NULL;
  return PyLong_FromUnsignedLongLong(a + b);
}

static PyObject *half(PyObject *Py_UNUSED(module), PyObject *argument) {
  uint64_t number;
  if (argument == Py_None) Py_RETURN_NONE;
  if (!read_u64(argument, &number)) return NULL;
  if (number % 2 != 0) Py_RETURN_NONE;
  return PyLong_FromUnsignedLongLong(number / 2);
}

/* ---- text and bytes */

static PyObject *str_len(PyObject *Py_UNUSED(module), PyObject *argument) {
  Py_ssize_t length;
  if (PyUnicode_AsUTF8AndSize(argument, &length) == NULL) return NULL;
  return PyLong_FromSsize_t(length);
}

static uint64_t count_characters(const char *text, Py_ssize_t length) {
  uint64_t count = 0;
  for (Py_ssize_t i = 0; i < length; i++)
    count += (text[i] & 0xc0) != 0x80;
  return count;
}

static PyObject *str_chars(PyObject *Py_UNUSED(module), PyObject *argument) {
  Py_ssize_t length;
  const char *text = PyUnicode_AsUTF8AndSize(argument, &length);
  return text == NULL ? NULL : PyLong_FromUnsignedLongLong(count_characters(text, length));
}

static PyObject *echo(PyObject *Py_UNUSED(module), PyObject *argument) {
  Py_ssize_t length;
  const char *text = PyUnicode_AsUTF8AndSize(argument, &length);
  return text == NULL ? NULL : PyUnicode_DecodeUTF8(text, length, NULL);
}

/* Repeats the first `filled` bytes until there are `length`. */
static void repeat(char *data, size_t filled, size_t length) {
  while (filled < length) {
    size_t more = filled < length - filled ? filled : length - filled;
    memcpy(data + filled, data, more);
    filled += more;
  }
}

static PyObject *make_str(PyObject *Py_UNUSED(module), PyObject *const *arguments,
                          Py_ssize_t count) {
  Py_ssize_t n;
  if (!has_arguments(count, 2) || !read_length(arguments[0], &n)) return NULL;
  if (!PyBool_Check(arguments[1])) {
    PyErr_SetString(PyExc_TypeError, "a bool is needed");
    return NULL;
  }
  const char *pattern = "abcdefghijklmnopqrstuvwxyz";
  size_t length = (size_t)n;
  if (arguments[1] == Py_True) {
    pattern = "\xc3\xa9";
    length *= 2;
  }
  char *text = PyMem_Malloc(length);
  if (text == NULL) return PyErr_NoMemory();
  size_t first = strlen(pattern) < length ? strlen(pattern) : length;
  memcpy(text, pattern, first);
  repeat(text, first, length);
  PyObject *result = PyUnicode_DecodeUTF8(text, (Py_ssize_t)length, NULL);
  PyMem_Free(text);
  return result;
}

static uint64_t ends_of_bytes(const uint8_t *data, Py_ssize_t length) {
  return length == 0 ? 0 : (uint64_t)length + data[0] + data[length - 1];
}

static uint64_t sum_of_bytes(const uint8_t *data, Py_ssize_t length) {
  uint64_t sum = 0;
  for (Py_ssize_t i = 0; i < length; i++)
    sum += data[i];
  return sum;
}

static inline PyObject *number_of_bytes(uint64_t (*function)(const uint8_t *, Py_ssize_t),
                                        PyObject *argument) {
  if (PyBytes_CheckExact(argument)) {
    const uint8_t *data = (const uint8_t *)PyBytes_AS_STRING(argument);
    return PyLong_FromUnsignedLongLong(function(data, PyBytes_GET_SIZE(argument)));
  }
  Py_buffer view;
  if (PyObject_GetBuffer(argument, &view, PyBUF_SIMPLE) < 0) return NULL;
  uint64_t number = function(view.buf, view.len);
  PyBuffer_Release(&view);
  return PyLong_FromUnsignedLongLong(number);
}

static PyObject *bytes_ends(PyObject *Py_UNUSED(module), PyObject *argument) {
  return number_of_bytes(ends_of_bytes, argument);
}

static PyObject *bytes_sum(PyObject *Py_UNUSED(module), PyObject *argument) {
  return number_of_bytes(sum_of_bytes, argument);
}

static PyObject *make_bytes(PyObject *Py_UNUSED(module), PyObject *argument) {
  Py_ssize_t n;
  if (!read_length(argument, &n)) return NULL;
  PyObject *bytes = PyBytes_FromStringAndSize(NULL, n);
  if (bytes == NULL) return NULL;
  char *data = PyBytes_AS_STRING(bytes);
  Py_ssize_t first = n < 256 ? n : 256;
  for (Py_ssize_t i = 0; i < first; i++)
    data[i] = (char)i;
  repeat(data, (size_t)first, (size_t)n);
  return bytes;
}

/* ---- numbers in bulk */

static PyObject *f64_ends(PyObject *Py_UNUSED(module), PyObject *argument) {
  Doubles values;
  if (!read_doubles(argument, &values)) return NULL;
  Py_ssize_t n = values.length;
  double result = n == 0 ? 0.0 : (double)n + values.data[0] + values.data[n - 1];
  release_doubles(&values);
  return PyFloat_FromDouble(result);
}

static PyObject *f64_sum(PyObject *Py_UNUSED(module), PyObject *argument) {
  Doubles values;
  if (!read_doubles(argument, &values)) return NULL;
  double sum = 0.0;
  for (Py_ssize_t i = 0; i < values.length; i++)
    sum += values.data[i];
  release_doubles(&values);
  return PyFloat_FromDouble(sum);
}

static PyObject *make_f64(PyObject *Py_UNUSED(module), PyObject *argument) {
  Py_ssize_t n;
  if (!read_length(argument, &n)) return NULL;
  PyObject *list = PyList_New(n);
  for (Py_ssize_t i = 0; list != NULL && i < n; i++) {
    PyObject *item = PyFloat_FromDouble((double)i);
    if (item == NULL)
      Py_CLEAR(list);
    else
      PyList_SET_ITEM(list, i, item);
  }
  return list;
}

static PyObject *scale_in_place(PyObject *Py_UNUSED(module), PyObject *const *arguments,
                                Py_ssize_t count) {
  Doubles values;
  double factor;
  /* The factor first: its __float__ may run, and must not find the buffer borrowed. */
  if (!has_arguments(count, 2) || !read_double(arguments[1], &factor)) return NULL;
  if (!borrow_doubles(arguments[0], PyBUF_WRITABLE, &values)) {
    PyErr_SetString(PyExc_TypeError, "a writable, contiguous buffer of doubles is needed");
    return NULL;
  }
  for (Py_ssize_t i = 0; i < values.length; i++)
    values.data[i] *= factor;
  release_doubles(&values);
  Py_RETURN_NONE;
}

/* ---- a record */

typedef struct {
  uint64_t id;
  double x;
  double y;
  uint32_t flags;
} Point;

typedef struct {
  PyObject_HEAD Point point;
} PointObject;

static PyTypeObject Point_type;

static PyObject *Point_new(PyTypeObject *type, PyObject *arguments, PyObject *keywords) {
  static char *names[] = {"id", "x", "y", "flags", NULL};
  PyObject *id_object, *flags_object;
  uint64_t id, flags;
  double x, y;
  if (!PyArg_ParseTupleAndKeywords(arguments, keywords, "OddO", names, &id_object, &x, &y,
                                   &flags_object) ||
      !read_u64(id_object, &id) || !read_u64(flags_object, &flags))
    return NULL;
  if (flags > UINT32_MAX) {
    PyErr_SetString(PyExc_OverflowError, "flags must fit 32 bits");
    return NULL;
  }
  PointObject *object = (PointObject *)type->tp_alloc(type, 0);
  if (object != NULL) object->point = (Point){id, x, y, (uint32_t)flags};
  return (PyObject *)object;
}

static PyMemberDef Point_members[] = {
    {"id", T_ULONGLONG, offsetof(PointObject, point.id), READONLY, NULL},
    {"x", T_DOUBLE, offsetof(PointObject, point.x), READONLY, NULL},
    {"y", T_DOUBLE, offsetof(PointObject, point.y), READONLY, NULL},
    {"flags", T_UINT, offsetof(PointObject, point.flags), READONLY, NULL},
    {NULL, 0, 0, 0, NULL},
};

static PyTypeObject Point_type = {
    PyVarObject_HEAD_INIT(NULL, 0).tp_name = "tollbridge_floor.Point",
    .tp_doc = "A flat record.",
    .tp_basicsize = sizeof(PointObject),
    .tp_flags = Py_TPFLAGS_DEFAULT,
    .tp_new = Point_new,
    .tp_members = Point_members,
};

static inline const Point *read_point(PyObject *object) {
  if (Py_IS_TYPE(object, &Point_type)) return &((PointObject *)object)->point;
  PyErr_Format(PyExc_TypeError, "a Point is needed, not %s", Py_TYPE(object)->tp_name);
  return NULL;
}

static inline double sum_of_point(const Point *point) {
  return (double)point->id + point->x + point->y + point->flags;
}

static inline PyObject *new_point(uint64_t n) {
  PointObject *object = PyObject_New(PointObject, &Point_type);
  if (object != NULL) object->point = (Point){n, (double)n * 0.5, -1.0, n & 7};
  return (PyObject *)object;
}

static PyObject *point_in(PyObject *Py_UNUSED(module), PyObject *argument) {
  const Point *point = read_point(argument);
  return point == NULL ? NULL : PyFloat_FromDouble(sum_of_point(point));
}

static PyObject *make_point(PyObject *Py_UNUSED(module), PyObject *argument) {
  uint64_t n;
  return read_u64(argument, &n) ? new_point(n) : NULL;
}

/* A C function gets a contiguous array, so one is made of the list. */
static Point *copy_points(PyObject *list, Py_ssize_t *length) {
  if (!PyList_Check(list)) {
    PyErr_SetString(PyExc_TypeError, "a list of Point is needed");
    return NULL;
  }
  *length = PyList_GET_SIZE(list);
  Point *points = PyMem_New(Point, *length);
  if (points == NULL) {
    PyErr_NoMemory();
    return NULL;
  }
  for (Py_ssize_t i = 0; i < *length; i++) {
    const Point *point = read_point(PyList_GET_ITEM(list, i));
    if (point == NULL) {
      PyMem_Free(points);
      return NULL;
    }
    points[i] = *point;
  }
  return points;
}

static PyObject *points_ends(PyObject *Py_UNUSED(module), PyObject *argument) {
  Py_ssize_t n;
  Point *points = copy_points(argument, &n);
  if (points == NULL) return NULL;
  double result = 0.0;
  if (n > 0) result = (double)n + sum_of_point(&points[0]) + sum_of_point(&points[n - 1]);
  PyMem_Free(points);
  return PyFloat_FromDouble(result);
}

static PyObject *points_sum(PyObject *Py_UNUSED(module), PyObject *argument) {
  Py_ssize_t n;
  Point *points = copy_points(argument, &n);
  if (points == NULL) return NULL;
  double sum = 0.0;
  for (Py_ssize_t i = 0; i < n; i++)
    sum += sum_of_point(&points[i]);
  PyMem_Free(points);
  return PyFloat_FromDouble(sum);
}

static PyObject *make_points(PyObject *Py_UNUSED(module), PyObject *argument) {
  Py_ssize_t n;
  if (!read_length(argument, &n)) return NULL;
  PyObject *list = PyList_New(n);
  for (Py_ssize_t i = 0; list != NULL && i < n; i++) {
    PyObject *point = new_point((uint64_t)i);
    if (point == NULL)
      Py_CLEAR(list);
    else
      PyList_SET_ITEM(list, i, point);
  }
  return list;
}

/* ---- a tagged enum: a class for each kind, below one base */

typedef struct {
  PyObject_HEAD double radius;
} Circle;

typedef struct {
  PyObject_HEAD PyObject *text;
} Label;

static PyTypeObject Shape_type = {
    PyVarObject_HEAD_INIT(NULL, 0).tp_name = "tollbridge_floor.Shape",
    .tp_doc = "A tagged enum: one of its nested classes.",
    .tp_basicsize = sizeof(PyObject),
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE,
};

static PyTypeObject Dot_type = {
    PyVarObject_HEAD_INIT(NULL, 0).tp_name = "tollbridge_floor.Shape.Dot",
    .tp_doc = "Without payload.",
    .tp_basicsize = sizeof(PyObject),
    .tp_flags = Py_TPFLAGS_DEFAULT,
    .tp_base = &Shape_type,
    .tp_new = PyType_GenericNew,
};

static PyObject *Circle_new(PyTypeObject *type, PyObject *arguments, PyObject *keywords) {
  static char *names[] = {"radius", NULL};
  double radius;
  if (!PyArg_ParseTupleAndKeywords(arguments, keywords, "d", names, &radius)) return NULL;
  Circle *circle = (Circle *)type->tp_alloc(type, 0);
  if (circle != NULL) circle->radius = radius;
  return (PyObject *)circle;
}

static PyMemberDef Circle_members[] = {
    {"radius", T_DOUBLE, offsetof(Circle, radius), READONLY, NULL},
    {NULL, 0, 0, 0, NULL},
};

static PyTypeObject Circle_type = {
    PyVarObject_HEAD_INIT(NULL, 0).tp_name = "tollbridge_floor.Shape.Circle",
    .tp_doc = "With a float.",
    .tp_basicsize = sizeof(Circle),
    .tp_flags = Py_TPFLAGS_DEFAULT,
    .tp_base = &Shape_type,
    .tp_new = Circle_new,
    .tp_members = Circle_members,
};

static PyObject *Label_new(PyTypeObject *type, PyObject *arguments, PyObject *keywords) {
  static char *names[] = {"text", NULL};
  PyObject *text;
  if (!PyArg_ParseTupleAndKeywords(arguments, keywords, "U", names, &text)) return NULL;
  Label *label = (Label *)type->tp_alloc(type, 0);
  if (label != NULL) {
    Py_INCREF(text);
    label->text = text;
  }
  return (PyObject *)label;
}

static void Label_dealloc(PyObject *self) {
  Py_XDECREF(((Label *)self)->text);
  Py_TYPE(self)->tp_free(self);
}

static PyMemberDef Label_members[] = {
    {"text", T_OBJECT_EX, offsetof(Label, text), READONLY, NULL},
    {NULL, 0, 0, 0, NULL},
};

static PyTypeObject Label_type = {
    PyVarObject_HEAD_INIT(NULL, 0).tp_name = "tollbridge_floor.Shape.Label",
    .tp_doc = "With text.",
    .tp_basicsize = sizeof(Label),
    .tp_flags = Py_TPFLAGS_DEFAULT,
    .tp_base = &Shape_type,
    .tp_new = Label_new,
    .tp_dealloc = Label_dealloc,
    .tp_members = Label_members,
};

static PyObject *shape_in(PyObject *Py_UNUSED(module), PyObject *argument) {
  if (Py_IS_TYPE(argument, &Dot_type)) return PyFloat_FromDouble(0.0);
  if (Py_IS_TYPE(argument, &Circle_type)) {
    double radius = ((Circle *)argument)->radius;
    return PyFloat_FromDouble(3.0 * radius * radius);
  }
  if (Py_IS_TYPE(argument, &Label_type)) {
    Py_ssize_t length;
    const char *text = PyUnicode_AsUTF8AndSize(((Label *)argument)->text, &length);
    return text == NULL ? NULL : PyFloat_FromDouble((double)count_characters(text, length));
  }
  PyErr_Format(PyExc_TypeError, "a Shape is needed, not %s", Py_TYPE(argument)->tp_name);
  return NULL;
}

static PyObject *make_shape(PyObject *Py_UNUSED(module), PyObject *argument) {
  uint64_t n;
  if (!read_u64(argument, &n)) return NULL;
  if (n % 3 == 0) return Dot_type.tp_alloc(&Dot_type, 0);
  if (n % 3 == 1) {
    Circle *circle = PyObject_New(Circle, &Circle_type);
    if (circle != NULL) circle->radius = (double)n;
    return (PyObject *)circle;
  }
  PyObject *text = PyUnicode_FromFormat("%llu", (unsigned long long)n);
  if (text == NULL) return NULL;
  Label *label = PyObject_New(Label, &Label_type);
  if (label == NULL)
    Py_DECREF(text);
  else
    label->text = text;
  return (PyObject *)label;
}

/* ---- a map */

static PyObject *map_sum(PyObject *Py_UNUSED(module), PyObject *argument) {
  if (!PyDict_Check(argument)) {
    PyErr_SetString(PyExc_TypeError, "a dict is needed");
    return NULL;
  }
  uint64_t sum = 0;
  Py_ssize_t position = 0, length;
  PyObject *key, *object;
  /* Neither conversion runs Python code, so the dict stays as it is. */
  while (PyDict_Next(argument, &position, &key, &object)) {
    uint64_t value;
    if (PyUnicode_AsUTF8AndSize(key, &length) == NULL || !read_u64(object, &value)) return NULL;
    sum += value + (uint64_t)length;
  }
  return PyLong_FromUnsignedLongLong(sum);
}

static PyObject *make_map(PyObject *Py_UNUSED(module), PyObject *argument) {
  Py_ssize_t n;
  if (!read_length(argument, &n)) return NULL;
  PyObject *map = PyDict_New();
  for (Py_ssize_t i = 0; map != NULL && i < n; i++) {
    char text[32];
    int length = snprintf(text, sizeof text, "k%06zd", i);
    PyObject *key = PyUnicode_DecodeUTF8(text, length, NULL);
    PyObject *value = PyLong_FromSsize_t(i);
    if (key == NULL || value == NULL || PyDict_SetItem(map, key, value) < 0) Py_CLEAR(map);
    Py_XDECREF(key);
    Py_XDECREF(value);
  }
  return map;
}

/* ---- an error: its message and fields are made when they are asked for */

typedef struct {
  PyBaseExceptionObject base;
  uint64_t number;
} ProbeError;

static PyObject *ProbeError_ratio(PyObject *Py_UNUSED(self), void *Py_UNUSED(closure)) {
  return PyFloat_FromDouble(Py_NAN);
}

static PyObject *ProbeError_text(PyObject *Py_UNUSED(self), void *Py_UNUSED(closure)) {
  return PyUnicode_FromString(TEXT);
}

static PyObject *ProbeError_fields(PyObject *self, void *Py_UNUSED(closure)) {
  uint64_t number = ((ProbeError *)self)->number;
  return Py_BuildValue("{sKsdss}", "number", (unsigned long long)number, "ratio", Py_NAN, "text",
                       TEXT);
}

static PyObject *ProbeError_str(PyObject *self) {
  uint64_t number = ((ProbeError *)self)->number;
  return PyUnicode_FromFormat("probe failed: %llu NaN %s", (unsigned long long)number, TEXT);
}

static PyMemberDef ProbeError_members[] = {
    {"number", T_ULONGLONG, offsetof(ProbeError, number), READONLY, NULL},
    {NULL, 0, 0, 0, NULL},
};

static PyGetSetDef ProbeError_getters[] = {
    {"ratio", ProbeError_ratio, NULL, NULL, NULL},
    {"text", ProbeError_text, NULL, NULL, NULL},
    {"fields", ProbeError_fields, NULL, NULL, NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

/* tp_new, tp_dealloc and garbage collection are inherited from Exception. */
static PyTypeObject ProbeError_type = {
    PyVarObject_HEAD_INIT(NULL, 0).tp_name = "tollbridge_floor.ProbeError",
    .tp_doc = "What `fail` raises.",
    .tp_basicsize = sizeof(ProbeError),
    .tp_flags = Py_TPFLAGS_DEFAULT,
    .tp_str = ProbeError_str,
    .tp_members = ProbeError_members,
    .tp_getset = ProbeError_getters,
};

static PyObject *fail(PyObject *Py_UNUSED(module), PyObject *argument) {
  uint64_t number;
  if (!read_u64(argument, &number)) return NULL;
  PyObject *error = PyObject_CallNoArgs((PyObject *)&ProbeError_type);
  if (error == NULL) return NULL;
  ((ProbeError *)error)->number = number;
  PyErr_SetObject((PyObject *)&ProbeError_type, error);
  Py_DECREF(error);
  return NULL;
}

/* ---- callbacks */

/* Calls `callback` with 0 to n - 1; needs the GIL. None when it returned None, NULL when it raised.
 */
static PyObject *ask(uint64_t n, PyObject *callback) {
  uint64_t sum = 0;
  for (uint64_t i = 0; i < n; i++) {
    PyObject *number = PyLong_FromUnsignedLongLong(i);
    if (number == NULL) return NULL;
    PyObject *answer = PyObject_CallOneArg(callback, number);
    Py_DECREF(number);
    if (answer == NULL || answer == Py_None) return answer;
    uint64_t value;
    bool good = read_u64(answer, &value);
    Py_DECREF(answer);
    if (!good) return NULL;
    sum += value;
  }
  return PyLong_FromUnsignedLongLong(sum);
}

static PyObject *call_back(PyObject *Py_UNUSED(module), PyObject *const *arguments,
                           Py_ssize_t count) {
  uint64_t n;
  if (!has_arguments(count, 2) || !read_u64(arguments[0], &n)) return NULL;
  return ask(n, arguments[1]);
}

/* An exception belongs to the thread that raised it: it is carried over. */
#if PY_VERSION_HEX >= 0x030c0000
typedef PyObject *Raised;
#define TAKE_RAISED(raised) (*(raised) = PyErr_GetRaisedException())
#define RAISE_AGAIN(raised) PyErr_SetRaisedException(*(raised))
#else
typedef struct {
  PyObject *type, *value, *traceback;
} Raised;
#define TAKE_RAISED(raised) PyErr_Fetch(&(raised)->type, &(raised)->value, &(raised)->traceback)
#define RAISE_AGAIN(raised) PyErr_Restore((raised)->type, (raised)->value, (raised)->traceback)
#endif

typedef struct {
  uint64_t n;
  PyObject *callback;
  PyObject *result;
  Raised raised;
} ThreadCall;

static void *ask_on_thread(void *pointer) {
  ThreadCall *call = pointer;
  PyGILState_STATE state = PyGILState_Ensure();
  call->result = ask(call->n, call->callback);
  if (call->result == NULL) TAKE_RAISED(&call->raised);
  PyGILState_Release(state);
  return NULL;
}

static PyObject *call_back_from_new_thread(PyObject *Py_UNUSED(module), PyObject *const *arguments,
                                           Py_ssize_t count) {
  ThreadCall call;
  pthread_t thread;
  if (!has_arguments(count, 2) || !read_u64(arguments[0], &call.n)) return NULL;
  call.callback = arguments[1];
  int failed = pthread_create(&thread, NULL, ask_on_thread, &call);
  if (failed != 0) {
    errno = failed;
    return PyErr_SetFromErrno(PyExc_OSError);
  }
  Py_BEGIN_ALLOW_THREADS pthread_join(thread, NULL);
  Py_END_ALLOW_THREADS if (call.result == NULL) RAISE_AGAIN(&call.raised);
  return call.result;
}

/* ---- the module */

#define FAST(function) (PyCFunction)(void (*)(void)) function, METH_FASTCALL

static PyMethodDef functions[] = {
    /* The interpreter has a quicker way to call METH_FASTCALL than METH_NOARGS (CPython 3.11). */
    {"nop", FAST(nop), "Nothing."},
    {"add", FAST(add), "`a + b` modulo 2**64."},
    {"half", half, METH_O, "Half of an even number; None for an odd one and for None."},
    {"str_len", str_len, METH_O, "Length in bytes of UTF-8."},
    {"str_chars", str_chars, METH_O, "Number of characters."},
    {"echo", echo, METH_O, "The text itself, copied."},
    {"make_str", FAST(make_str), "`n` characters: `abc...z` repeated, or e-acute when `wide`."},
    {"bytes_ends", bytes_ends, METH_O, "Length + first + last byte; 0 when empty."},
    {"bytes_sum", bytes_sum, METH_O, "Sum of all bytes."},
    {"make_bytes", make_bytes, METH_O, "`n` bytes: 0, 1, ... 255, 0, ..."},
    {"f64_ends", f64_ends, METH_O, "Length + first + last; 0.0 when empty."},
    {"f64_sum", f64_sum, METH_O, "Sum in order, from 0.0."},
    {"make_f64", make_f64, METH_O, "0.0, 1.0, ... n - 1, as a list."},
    {"scale_in_place", FAST(scale_in_place), "Multiplies each double of a buffer in place."},
    {"point_in", point_in, METH_O, "`id + x + y + flags`."},
    {"make_point", make_point, METH_O, "The point `n, n / 2, -1, n & 7`."},
    {"points_ends", points_ends, METH_O, "Length + first + last point; 0.0 when empty."},
    {"points_sum", points_sum, METH_O, "Sum of `point_in`."},
    {"make_points", make_points, METH_O, "`make_point` of 0 to n - 1."},
    {"shape_in", shape_in, METH_O, "0, 3*r*r, or the number of characters."},
    {"make_shape", make_shape, METH_O, "By `n % 3`: a dot, a circle, a label."},
    {"map_sum", map_sum, METH_O, "Sum of the values and of the keys' lengths in bytes."},
    {"make_map", make_map, METH_O, "`n` entries: `k000000` to 0, `k000001` to 1, ..."},
    {"fail", fail, METH_O, "Always raises ProbeError."},
    {"call_back", FAST(call_back), "Calls `callback` with 0 to n - 1; sums what it returns."},
    {"call_back_from_new_thread", FAST(call_back_from_new_thread),
     "`call_back` from a thread that is started for it."},
    {NULL, NULL, 0, NULL},
};

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT,
    .m_name = "tollbridge_floor",
    .m_doc = "The probes over CPython's C API, written by hand.",
    .m_size = -1,
    .m_methods = functions,
};

/* Sets an attribute of a type that is ready, and takes over the value; false on failure. */
static bool set_attribute(PyTypeObject *type, const char *name, PyObject *value) {
  bool good = value != NULL && PyDict_SetItemString(type->tp_dict, name, value) == 0;
  Py_XDECREF(value);
  PyType_Modified(type);
  return good;
}

static bool nest(PyTypeObject *type, const char *name) {
  if (PyType_Ready(type) < 0) return false;
  Py_INCREF(type);
  return set_attribute(&Shape_type, name, (PyObject *)type);
}

PyMODINIT_FUNC PyInit_tollbridge_floor(void) {
  ProbeError_type.tp_base = (PyTypeObject *)PyExc_Exception;
  if (PyType_Ready(&Point_type) < 0 || PyType_Ready(&Shape_type) < 0 || !nest(&Dot_type, "Dot") ||
      !nest(&Circle_type, "Circle") || !nest(&Label_type, "Label") ||
      PyType_Ready(&ProbeError_type) < 0 ||
      !set_attribute(&ProbeError_type, "code", PyLong_FromLong(CODE)) ||
      !set_attribute(&ProbeError_type, "name", PyUnicode_FromString(NAME)))
    return NULL;
  PyObject *module = PyModule_Create(&definition);
  if (module == NULL || PyModule_AddType(module, &Point_type) < 0 ||
      PyModule_AddType(module, &Shape_type) < 0 || PyModule_AddType(module, &ProbeError_type) < 0)
    Py_CLEAR(module);
  return module;
}
