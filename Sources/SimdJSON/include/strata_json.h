// JSON parsed by simdjson into its "tape", handed over as plain arrays so that Swift walks it without a call per value.
//
// The tape is documented in simdjson's doc/tape.md. A word holds a type character in its top 8 bits and a payload in the
// other 56: '[' and '{' carry the index after their end (low 32 bits) and a count that saturates at 0xFFFFFF; '"' the
// offset of its text in the string buffer (4 bytes of length, then the bytes); 'l', 'u' and 'd' are followed by a word
// with the 64-bit number; 't', 'f' and 'n' stand for themselves. Word 0 is the root; the top value is at index 1.

#ifndef STRATA_JSON_H
#define STRATA_JSON_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/// A parsed document; owns its tape and strings.
typedef struct strata_json_document strata_json_document;

/// Why nothing was parsed.
typedef struct {
  /// errno when the file could not be read, else 0.
  int system_error;
  /// What is wrong with the text; a string constant.
  const char *reason;
  /// Byte offset of the mistake, -1 where it is not known.
  int64_t offset;
} strata_json_failure;

/// Parses `count` bytes (copied). NULL and a filled `failure` when they are not JSON.
strata_json_document *strata_json_parse(const uint8_t *bytes, size_t count, strata_json_failure *failure);

/// Reads and parses a file of a model, in which Python's NaN, Infinity and -Infinity are numbers. NULL and a filled `failure`
/// when that fails.
strata_json_document *strata_json_load(const char *path, strata_json_failure *failure);

/// Frees a document and everything that was read from it.
void strata_json_free(strata_json_document *document);

/// The tape; valid until the document is freed.
const uint64_t *strata_json_tape(const strata_json_document *document);

/// The string buffer; valid until the document is freed.
const uint8_t *strata_json_strings(const strata_json_document *document);

#ifdef __cplusplus
}
#endif

#endif
