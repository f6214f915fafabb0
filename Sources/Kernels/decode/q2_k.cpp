#include "exact.h"

#include "decode/blocks.h"

// 256 values in 16 runs of 16: 16 bytes of 4-bit run scales s (low) and minima m (high), 64 bytes of bit pairs, half
// scales d and dmin. Each 32 bytes hold four stretches of two runs, the pairs of stretch k at bit 2k.
// value = (d * s) * q - (dmin * m).
STRATA_WIDE void strata_decode_q2_k(const void *source, float *destination, ptrdiff_t count) {
  const uint8_t *__restrict block = static_cast<const uint8_t *>(source);
  float *__restrict target = destination;
  for (ptrdiff_t i = 0; i < count; i += 256, block += 84) {
    const float d = strata::HalfAt(block + 80);
    const float dmin = strata::HalfAt(block + 82);
    for (int run = 0; run < 16; ++run, target += 16) {
      const float scale = d * static_cast<float>(block[run] & 0x0F);
      const float minimum = dmin * static_cast<float>(block[run] >> 4);
      const uint8_t *pairs = block + 16 + 32 * (run / 8) + 16 * (run % 2);
      const int shift = run / 2 % 4 * 2;
      STRATA_VECTOR_LOOP
      for (int j = 0; j < 16; ++j) target[j] = scale * static_cast<float>(pairs[j] >> shift & 3) - minimum;
    }
  }
}
