#include "include/strata_json.h"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>
#include <new>
#include <string>
#include <vector>

#include <sys/stat.h>

#define SIMDJSON_EXCEPTIONS 0
#include <simdjson.h>

struct strata_json_document {
  simdjson::dom::parser parser;
};

namespace {

using simdjson::error_code;
namespace ondemand = simdjson::ondemand;

// The sentences of simdjson's own table are long and end with full stops.
const char *reason_for(error_code code) {
  switch (code) {
  case simdjson::CAPACITY: return "more than 4 GB of JSON";
  case simdjson::MEMALLOC: return "not enough memory";
  case simdjson::DEPTH_ERROR: return "nested more than 1024 levels deep";
  case simdjson::STRING_ERROR: return "a broken escape in a string";
  case simdjson::T_ATOM_ERROR: return "a word other than true, false and null";
  case simdjson::F_ATOM_ERROR: return "a word other than true, false and null";
  case simdjson::N_ATOM_ERROR: return "a word other than true, false and null";
  case simdjson::NUMBER_ERROR: return "a malformed number or one that is out of range";
  case simdjson::UTF8_ERROR: return "bytes that are not UTF-8";
  case simdjson::EMPTY: return "no JSON at all";
  case simdjson::UNESCAPED_CHARS: return "an unescaped control character in a string";
  case simdjson::UNCLOSED_STRING: return "a string without its closing quote";
  case simdjson::INCOMPLETE_ARRAY_OR_OBJECT: return "an array or object without its end";
  case simdjson::TRAILING_CONTENT: return "more text after the end of the JSON value";
  default: return "a comma, colon or bracket missing or out of place";
  }
}

// Offset of the first byte that is not UTF-8, or `count`.
size_t first_invalid_utf8(const uint8_t *bytes, size_t count) {
  size_t at = 0;
  while (at < count) {
    size_t length = bytes[at] < 0x80 ? 1 : bytes[at] < 0xC0 ? 0 : bytes[at] < 0xE0 ? 2 : bytes[at] < 0xF0 ? 3 : 4;
    if (length == 0 || at + length > count) return at;
    if (length > 1 && !simdjson::validate_utf8(reinterpret_cast<const char *>(bytes + at), length)) return at;
    at += length;
  }
  return count;
}

// As deep as simdjson's parser into a tape goes; deeper text would exhaust the stack.
constexpr int deepest = 1024;

// simdjson's parser into a tape does not say where it stopped; its cursor over the text does. Only run after a failure.
error_code visit(ondemand::value value, int depth = 1) {
  if (depth > deepest) return simdjson::DEPTH_ERROR;
  ondemand::json_type type;
  if (error_code error = value.type().get(type)) return error;
  switch (type) {
  case ondemand::json_type::array: {
    ondemand::array array;
    if (error_code error = value.get_array().get(array)) return error;
    for (auto element : array) {
      ondemand::value next;
      if (error_code error = std::move(element).get(next)) return error;
      if (error_code error = visit(next, depth + 1)) return error;
    }
    return simdjson::SUCCESS;
  }
  case ondemand::json_type::object: {
    ondemand::object object;
    if (error_code error = value.get_object().get(object)) return error;
    for (auto field : object) {
      std::string_view key;
      if (error_code error = field.unescaped_key().get(key)) return error;
      ondemand::value next;
      if (error_code error = field.value().get(next)) return error;
      if (error_code error = visit(next, depth + 1)) return error;
    }
    return simdjson::SUCCESS;
  }
  case ondemand::json_type::string: {
    std::string_view text;
    return value.get_string().get(text);
  }
  case ondemand::json_type::number: {
    double number;
    return value.get_double().get(number);
  }
  case ondemand::json_type::boolean: {
    bool flag;
    return value.get_bool().get(flag);
  }
  default: {
    bool null;
    if (error_code error = value.is_null().get(null)) return error;
    return null ? simdjson::SUCCESS : simdjson::N_ATOM_ERROR;
  }
  }
}

int64_t locate(const simdjson::padded_string &text, error_code code) {
  const auto *bytes = reinterpret_cast<const uint8_t *>(text.data());
  if (code == simdjson::UTF8_ERROR) return static_cast<int64_t>(first_invalid_utf8(bytes, text.size()));
  if (code == simdjson::DEPTH_ERROR || code == simdjson::EMPTY) return -1;
  ondemand::parser parser;
  ondemand::document document;
  if (parser.iterate(text).get(document)) return -1;
  ondemand::value root;
  const char *location = nullptr;
  if (document.get_value().get(root)) return -1;
  if (!visit(root)) return -1;
  if (document.current_location().get(location)) return -1;
  if (location < text.data() || location > text.data() + text.size()) return -1;
  return location - text.data();
}

// Hugging Face writes `model_max_length` as 1000000000000000019884624838656, which fits no 64-bit integer and which
// simdjson refuses. Such numbers get a ".0" and become doubles. `inserted` receives their end offsets in the original.
std::string widen_long_integers(const char *text, size_t count, std::vector<size_t> &inserted) {
  std::string widened;
  widened.reserve(count + 64);
  bool in_string = false;
  for (size_t at = 0; at < count;) {
    const char c = text[at];
    if (in_string) {
      const size_t step = c == '\\' && at + 1 < count ? 2 : 1;
      in_string = c != '"';
      widened.append(text + at, step);
      at += step;
    } else if (c >= '0' && c <= '9') {
      size_t end = at;
      while (end < count && text[end] >= '0' && text[end] <= '9') end++;
      widened.append(text + at, end - at);
      const bool fraction = end < count && (text[end] == '.' || text[end] == 'e' || text[end] == 'E');
      // The digits behind a point or an exponent are skipped with it below, so only whole numbers get here.
      if (!fraction && end - at >= 19) {
        widened.append(".0");
        inserted.push_back(end);
      }
      at = end;
      while (fraction && at < count && strchr("0123456789.eE+-", text[at]) && text[at]) widened.push_back(text[at++]);
    } else {
      in_string = c == '"';
      widened.push_back(c);
      at++;
    }
  }
  return widened;
}

// Python's json module writes NaN, Infinity and -Infinity as they are here. Each becomes a zero of the same length, so that
// offsets stay; `ordinals` receives which number of the text it is, and `bits` the double that it stands for.
struct python_numbers {
  std::string text;
  std::vector<size_t> ordinals;
  std::vector<uint64_t> bits;
};

python_numbers without_python_numbers(const char *text, size_t count) {
  static constexpr struct { std::string_view word, zero; uint64_t bits; } known[] = {
    {"NaN", "0.0", 0x7FF8000000000000},
    {"Infinity", "0.000000", 0x7FF0000000000000},
    {"-Infinity", "-0.000000", 0xFFF0000000000000},
  };
  python_numbers found;
  found.text.assign(text, count);
  const auto in_word = [&](size_t at) {
    const unsigned char c = at < count ? static_cast<unsigned char>(text[at]) : ' ';
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c >= 0x80 || c == '_' ||
           c == '+' || c == '-' || c == '.';
  };
  size_t ordinal = 0;
  for (size_t at = 0; at < count;) {
    if (text[at] == '"') {
      for (at++; at < count && text[at] != '"';) at += text[at] == '\\' ? 2 : 1;
      at++;
    } else if (in_word(at)) {
      size_t end = at;
      while (end < count && in_word(end)) end++;
      const std::string_view word(text + at, end - at);
      const char first = word[0];
      for (const auto &entry : known) {
        if (word != entry.word) continue;
        found.text.replace(at, word.size(), entry.zero);
        found.ordinals.push_back(ordinal);
        found.bits.push_back(entry.bits);
      }
      if (first == '-' || (first >= '0' && first <= '9') || word == "NaN" || word == "Infinity") ordinal++;
      at = end;
    } else {
      at++;
    }
  }
  return found;
}

// Puts the numbers back into a tape; numbers follow one another there as they do in the text.
void restore(const python_numbers &numbers, uint64_t *tape) {
  const size_t end = tape[0] & 0x00FFFFFFFFFFFFFF;
  size_t ordinal = 0;
  size_t next = 0;
  for (size_t at = 1; at < end && next < numbers.ordinals.size(); at++) {
    const char tag = static_cast<char>(tape[at] >> 56);
    if (tag != 'd' && tag != 'l' && tag != 'u') continue;
    at++;
    if (ordinal++ == numbers.ordinals[next]) tape[at] = numbers.bits[next++];
  }
}

strata_json_document *parse(const simdjson::padded_string &text, strata_json_failure *failure) {
  std::unique_ptr<strata_json_document> document(new (std::nothrow) strata_json_document());
  if (!document) {
    *failure = {ENOMEM, "", -1};
    return nullptr;
  }
  simdjson::dom::element root;
  error_code code = document->parser.parse(text).get(root);
  if (!code) return document.release();

  if (code == simdjson::MEMALLOC) {
    *failure = {ENOMEM, "", -1};
    return nullptr;
  }
  int64_t offset = -1;
  if (code == simdjson::NUMBER_ERROR) {
    std::vector<size_t> inserted;
    const simdjson::padded_string widened(widen_long_integers(text.data(), text.size(), inserted));
    code = document->parser.parse(widened).get(root);
    if (!code) return document.release();
    offset = locate(widened, code);
    int64_t shift = 0;
    for (size_t end : inserted) shift += static_cast<int64_t>(end) + shift < offset ? 2 : 0;
    if (offset >= 0) offset -= shift;
  } else {
    offset = locate(text, code);
  }
  *failure = {0, reason_for(code), offset};
  return nullptr;
}

}  // namespace

extern "C" {

strata_json_document *strata_json_parse(const uint8_t *bytes, size_t count, strata_json_failure *failure) {
  // An exception would end the program in Swift, which knows none.
  try {
    const simdjson::padded_string text(reinterpret_cast<const char *>(bytes), count);
    if (text.data() != nullptr) return parse(text, failure);
  } catch (const std::bad_alloc &) {
  }
  *failure = {ENOMEM, "", -1};
  return nullptr;
}

strata_json_document *strata_json_load(const char *path, strata_json_failure *failure) try {
  const auto fail = [&](int error) -> strata_json_document * {
    *failure = {error, "", -1};
    return nullptr;
  };
  std::unique_ptr<FILE, int (*)(FILE *)> file(fopen(path, "rb"), fclose);
  struct stat status;
  if (!file || fstat(fileno(file.get()), &status) != 0) return fail(errno);
  if (S_ISDIR(status.st_mode)) return fail(EISDIR);
  if (!S_ISREG(status.st_mode)) return fail(EINVAL);
  simdjson::padded_string text(static_cast<size_t>(status.st_size));
  if (text.size() != static_cast<size_t>(status.st_size)) return fail(ENOMEM);
  if (fread(text.data(), 1, text.size(), file.get()) != text.size()) return fail(errno ? errno : EIO);
  if (strata_json_document *document = parse(text, failure)) return document;
  if (failure->system_error != 0) return nullptr;
  const python_numbers numbers = without_python_numbers(text.data(), text.size());
  if (numbers.ordinals.empty()) return nullptr;
  strata_json_document *document = parse(simdjson::padded_string(numbers.text), failure);
  if (document) restore(numbers, document->parser.doc.tape.get());
  return document;
} catch (const std::bad_alloc &) {
  *failure = {ENOMEM, "", -1};
  return nullptr;
}

void strata_json_free(strata_json_document *document) { delete document; }

const uint64_t *strata_json_tape(const strata_json_document *document) { return document->parser.doc.tape.get(); }

const uint8_t *strata_json_strings(const strata_json_document *document) { return document->parser.doc.string_buf.get(); }
}
