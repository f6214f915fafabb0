#include "exact.h"

#include "decode/blocks.h"

// 256 values in 16 runs of 16: 32 bytes of third bits, 64 bytes of bit pairs as in Q2_K, 12 bytes of 6-bit run scales
// s, half scale d. Bit k of byte j of the third bits belongs to value j of stretch k; if it is not set, 4 is subtracted.
// value = (d * (s - 32)) * (q - (third bit ? 0 : 4)).
STRATA_WIDE void strata_decode_q3_k(const void *source, float *destination, ptrdiff_t count) {
  const uint8_t *__restrict block = static_cast<const uint8_t *>(source);
  float *__restrict target = destination;
  for (ptrdiff_t i = 0; i < count; i += 256, block += 110) {
    // The low four bits of scales 0-7 and 8-15 are the low and the high nibbles of bytes 0-7; the upper two of scale r
    // are pair r / 4 of byte 8 + r % 4.
    const uint8_t *packed = block + 96;
    const float d = strata::HalfAt(block + 108);
    for (int run = 0; run < 16; ++run, target += 16) {
      const int low = packed[run % 8] >> (run / 8 * 4) & 0x0F;
      const int high = packed[8 + run % 4] >> (run / 4 * 2) & 3;
      const float scale = d * static_cast<float>((low | high << 4) - 32);
      const int stretch = run / 2;
      const uint8_t *third = block + 16 * (run % 2);
      const uint8_t *pairs = block + 32 + 32 * (run / 8) + 16 * (run % 2);
      const int shift = stretch % 4 * 2;
      STRATA_VECTOR_LOOP
      for (int j = 0; j < 16; ++j) {
        const int q = (pairs[j] >> shift & 3) + (third[j] >> stretch << 2 & 4) - 4;
        target[j] = scale * static_cast<float>(q);
      }
    }
  }
}
