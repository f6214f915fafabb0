#include "exact.h"

#include "decode/blocks.h"

namespace {

// One ternary digit of each of `width` bytes. A byte is a fraction in 256ths. The fractional part of its product with a
// power of three begins with the wanted digit, which is the whole part of three times that.
template <int width>
inline void Digits(const uint8_t *__restrict bytes, uint8_t power, float d, float *__restrict target) {
  STRATA_VECTOR_LOOP
  for (int j = 0; j < width; ++j) {
    const uint8_t fraction = static_cast<uint8_t>(bytes[j] * power);
    target[j] = d * static_cast<float>((fraction * 3 >> 8) - 1);
  }
}

}  // namespace

// 256 values: 48 bytes of five ternary digits each (the first digits of 32 bytes, their second ones, ..., then those of
// 16 bytes), 4 bytes of four, half scale d. value = d * (q - 1).
STRATA_WIDE void strata_decode_tq1_0(const void *source, float *destination, ptrdiff_t count) {
  constexpr uint8_t powers[5] = {1, 3, 9, 27, 81};
  const uint8_t *__restrict block = static_cast<const uint8_t *>(source);
  float *__restrict target = destination;
  for (ptrdiff_t i = 0; i < count; i += 256, block += 54, target += 256) {
    const float d = strata::HalfAt(block + 52);
    for (int place = 0; place < 5; ++place) Digits<32>(block, powers[place], d, target + 32 * place);
    for (int place = 0; place < 5; ++place) Digits<16>(block + 32, powers[place], d, target + 160 + 16 * place);
    for (int place = 0; place < 4; ++place) Digits<4>(block + 48, powers[place], d, target + 240 + 4 * place);
  }
}
