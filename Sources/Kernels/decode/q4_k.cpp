#include "exact.h"

#include "decode/blocks.h"

// 256 values in 8 runs of 32: half scales d and dmin, 12 bytes of 6-bit run scales s and minima m, 128 bytes of nibbles.
// 32 bytes hold two runs, low nibbles first. value = (d * s) * q - (dmin * m).
STRATA_WIDE void strata_decode_q4_k(const void *source, float *destination, ptrdiff_t count) {
  const uint8_t *__restrict block = static_cast<const uint8_t *>(source);
  float *__restrict target = destination;
  for (ptrdiff_t i = 0; i < count; i += 256, block += 144) {
    const float d = strata::HalfAt(block);
    const float dmin = strata::HalfAt(block + 2);
    uint8_t scales[8], minima[8];
    strata::UnpackScales(block + 4, scales, minima);
    const uint8_t *q = block + 16;
    for (int run = 0; run < 8; run += 2, q += 32, target += 64) {
      const float scale0 = d * static_cast<float>(scales[run]);
      const float minimum0 = dmin * static_cast<float>(minima[run]);
      const float scale1 = d * static_cast<float>(scales[run + 1]);
      const float minimum1 = dmin * static_cast<float>(minima[run + 1]);
      STRATA_VECTOR_LOOP
      for (int j = 0; j < 32; ++j) target[j] = scale0 * static_cast<float>(q[j] & 0x0F) - minimum0;
      STRATA_VECTOR_LOOP
      for (int j = 0; j < 32; ++j) target[32 + j] = scale1 * static_cast<float>(q[j] >> 4) - minimum1;
    }
  }
}
