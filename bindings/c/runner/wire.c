/* Tokens in, tokens out. */
#include "runner.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct memory {
  struct memory *next;
  max_align_t data[];
};

void *required(void *memory) {
  if (!memory) {
    fputs("runner: out of memory\n", stderr);
    exit(EXIT_FAILURE);
  }
  return memory;
}

void *room(struct request *r, size_t count, size_t size) {
  if (count == 0) return NULL;
  if (count > (SIZE_MAX - sizeof(struct memory)) / size) required(NULL);
  struct memory *memory = required(calloc(1, sizeof *memory + count * size));
  memory->next = r->memory;
  r->memory = memory;
  return memory->data;
}

void free_request(struct request *r) {
  while (r->memory) {
    struct memory *next = r->memory->next;
    free(r->memory);
    r->memory = next;
  }
}

/* ---- writing */

static char *grow(struct text *text, size_t more) {
  if (text->capacity - text->length <= more) {
    text->capacity = 2 * text->capacity + more + 64;
    text->data = required(realloc(text->data, text->capacity));
  }
  return text->data + text->length;
}

__attribute__((format(printf, 2, 3))) static void put(struct text *text, const char *format, ...) {
  char word[512];
  va_list arguments;
  va_start(arguments, format);
  int length = vsnprintf(word, sizeof word, format, arguments);
  va_end(arguments);
  if (length < 0 || (size_t)length >= sizeof word) abort(); /* no caller writes that much */
  memcpy(grow(text, (size_t)length), word, (size_t)length + 1);
  text->length += (size_t)length;
}

static void put_hex(struct text *text, const void *data, size_t length) {
  static const char digits[] = "0123456789abcdef";
  char *hex = grow(text, 1 + 2 * length);
  *hex++ = 'x';
  for (size_t i = 0; i < length; i++) {
    uint8_t byte = ((const uint8_t *)data)[i];
    *hex++ = digits[byte >> 4];
    *hex++ = digits[byte & 15];
  }
  *hex = '\0';
  text->length += 1 + 2 * length;
}

static uint64_t bits(double value) {
  uint64_t bits;
  memcpy(&bits, &value, sizeof bits);
  return bits;
}

void put_word(struct request *r, const char *word) {
  size_t length = strlen(word);
  if (r->halted) return;
  put(&r->reply, " ");
  memcpy(grow(&r->reply, length), word, length + 1);
  r->reply.length += length;
}

void put_integer(struct request *r, uint64_t value) {
  if (!r->halted) put(&r->reply, " %" PRIu64, value);
}

void put_float(struct request *r, double value) {
  if (!r->halted) put(&r->reply, " d%016" PRIx64, bits(value));
}

void put_boolean(struct request *r, bool value) { put_word(r, value ? "true" : "false"); }

void put_bytes(struct request *r, const void *data, size_t length) {
  if (r->halted) return;
  put(&r->reply, " ");
  put_hex(&r->reply, data, length);
}

/* Only the first reason counts. */
static bool halt(struct request *r) {
  if (r->halted) return false;
  r->halted = true;
  r->reply.length = 0;
  return true;
}

void unsupported(struct request *r, const char *reason) {
  if (halt(r)) put(&r->reply, "unsupported %s", reason);
}

void malformed(struct request *r, const char *what) {
  if (!halt(r)) return;
  put(&r->reply, "malformed ");
  put_hex(&r->reply, what, strlen(what));
}

void pass_on(struct request *r, char *reply) {
  if (halt(r)) {
    free(r->reply.data);
    r->reply.data = reply;
  } else {
    free(reply);
  }
}

void put_nested(struct request *r, char *reply) {
  if (reply && strncmp(reply, "unsupported ", 12) == 0) {
    pass_on(r, reply);
    return;
  }
  if (reply) {
    put_word(r, ":");
    put_word(r, reply);
  }
  free(reply);
}

#if HAS_HISTOGRAM
bool failed(struct request *r, failure error) {
  if (!error) return false;
  if (halt(r)) {
    tb_error_details details;
    tb_error_info(error, &details);
    put(&r->reply, "err %" PRId32 " %s", details.code, details.name);
    for (size_t i = 0; i < details.field_count; i++) {
      const tb_error_field *field = &details.fields[i];
      put(&r->reply, " %s=", field->name);
      switch (field->kind) {
      case TB_FIELD_U64:
        put(&r->reply, "%" PRIu64, field->number);
        break;
      case TB_FIELD_F64:
        put(&r->reply, "d%016" PRIx64, bits(field->real));
        break;
      case TB_FIELD_TEXT:
        put_hex(&r->reply, field->text, field->text_length);
        break;
      }
    }
    put(&r->reply, " message=");
    put_hex(&r->reply, details.message, details.message_length);
  }
  tb_error_free(error);
  return true;
}
#else
bool failed(struct request *r, failure error) {
  if (error && halt(r)) put(&r->reply, "err %d %s ? message=x", tb_error_code(error), BRIDGE);
  return error;
}
#endif

/* ---- reading */

const char *read_word(struct request *r) {
  if (r->next < r->count) return r->tokens[r->next++];
  malformed(r, "the request ends early");
  return "";
}

uint64_t read_integer(struct request *r, uint64_t highest) {
  const char *word = read_word(r);
  size_t digits = strspn(word, "0123456789");
  errno = 0;
  uint64_t value = strtoull(word, NULL, 10);
  if (digits == 0 || word[digits] != '\0' || errno != 0 || value > highest)
    malformed(r, "not an integer of its type");
  return r->halted ? 0 : value;
}

double read_float(struct request *r) {
  const char *word = read_word(r);
  double value;
  uint64_t bits = 0;
  if (word[0] == 'd' && strlen(word) == 17 && strspn(word + 1, "0123456789abcdef") == 16)
    bits = strtoull(word + 1, NULL, 16);
  else
    malformed(r, "not a float");
  memcpy(&value, &bits, sizeof value);
  return value;
}

bool read_boolean(struct request *r) {
  const char *word = read_word(r);
  if (strcmp(word, "true") != 0 && strcmp(word, "false") != 0) malformed(r, "not a boolean");
  return word[0] == 't';
}

static int nibble(char digit) {
  if (digit >= '0' && digit <= '9') return digit - '0';
  if (digit >= 'a' && digit <= 'f') return digit - 'a' + 10;
  return -1;
}

uint8_t *read_bytes(struct request *r, size_t *length) {
  const char *word = read_word(r);
  size_t digits = strlen(word);
  *length = 0;
  if (word[0] != 'x' || digits % 2 == 0) {
    malformed(r, "neither text nor bytes");
    return NULL;
  }
  uint8_t *bytes = room(r, digits / 2, 1);
  for (size_t i = 0; i < digits / 2; i++) {
    int high = nibble(word[1 + 2 * i]), low = nibble(word[2 + 2 * i]);
    if (high < 0 || low < 0) {
      malformed(r, "neither text nor bytes");
      return NULL;
    }
    bytes[i] = (uint8_t)(high << 4 | low);
  }
  *length = digits / 2;
  return bytes;
}

#if !CHECKS_TEXT
/* As Unicode's table 3-7: no overlong form, no surrogate, nothing above U+10FFFF. */
static bool is_utf8(const uint8_t *bytes, size_t length) {
  for (size_t i = 0; i < length;) {
    uint8_t first = bytes[i++];
    int more = first < 0x80 ? 0 : first < 0xe0 ? 1 : first < 0xf0 ? 2 : 3;
    uint8_t lowest = first == 0xe0 ? 0xa0 : first == 0xf0 ? 0x90 : 0x80;
    uint8_t highest = first == 0xed ? 0x9f : first == 0xf4 ? 0x8f : 0xbf;
    if ((first >= 0x80 && first < 0xc2) || first > 0xf4) return false;
    for (; more > 0; more--, lowest = 0x80, highest = 0xbf) {
      if (i == length || bytes[i] < lowest || bytes[i] > highest) return false;
      i++;
    }
  }
  return true;
}
#endif

const char *read_text(struct request *r, size_t *length) {
  uint8_t *bytes = read_bytes(r, length);
#if !CHECKS_TEXT
  if (!is_utf8(bytes, *length)) unsupported(r, "unchecked_text");
#endif
  return (const char *)bytes;
}

const char *read_tag(struct request *r, size_t *length) {
  const char *text = read_text(r, length);
#if TAG_ENDS_WITH_NUL
  if (*length > 0 && memchr(text, '\0', *length)) unsupported(r, "nul_in_tag");
  char *tag = room(r, *length + 1, 1);
  if (*length > 0) memcpy(tag, text, *length);
  text = tag;
#endif
  return text;
}

size_t read_count(struct request *r) {
  size_t count = read_integer(r, SIZE_MAX);
  if (count > r->count - r->next) malformed(r, "the list is shorter than it says");
  return r->halted ? 0 : count;
}

double *read_floats(struct request *r, size_t *count) {
  *count = read_count(r);
  double *values = room(r, *count, sizeof *values);
  for (size_t i = 0; i < *count; i++)
    values[i] = read_float(r);
  return values;
}

struct block read_block(struct request *r) {
  struct block block = {room(r, r->count, sizeof *block.operations), 0};
  if (strcmp(read_word(r), "{") != 0) malformed(r, "a block begins with {");
  size_t start = r->next;
  for (int depth = 1; !r->halted && depth > 0;) {
    const char *word = read_word(r);
    depth += (strcmp(word, "{") == 0) - (strcmp(word, "}") == 0);
    if (depth == 0 || (depth == 1 && strcmp(word, ";") == 0)) {
      block.operations[block.count++] = (struct range){r->tokens + start, r->next - 1 - start};
      start = r->next;
    }
  }
  return block;
}
