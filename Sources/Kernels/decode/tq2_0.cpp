#include "exact.h"

#include "decode/blocks.h"

// 256 values: 64 bytes of bit pairs, half scale d. Each 32 bytes hold four stretches of 32 values, the pairs of
// stretch k at bit 2k. value = d * (q - 1).
STRATA_WIDE void strata_decode_tq2_0(const void *source, float *destination, ptrdiff_t count) {
  const uint8_t *__restrict block = static_cast<const uint8_t *>(source);
  float *__restrict target = destination;
  for (ptrdiff_t i = 0; i < count; i += 256, block += 66) {
    const float d = strata::HalfAt(block + 64);
    for (int stretch = 0; stretch < 8; ++stretch, target += 32) {
      const uint8_t *pairs = block + 32 * (stretch / 4);
      const int shift = stretch % 4 * 2;
      STRATA_VECTOR_LOOP
      for (int j = 0; j < 32; ++j) target[j] = d * static_cast<float>((pairs[j] >> shift & 3) - 1);
    }
  }
}
