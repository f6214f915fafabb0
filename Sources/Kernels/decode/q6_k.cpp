#include "exact.h"

#include "decode/blocks.h"

// 256 values in 16 runs of 16: 128 bytes of nibbles, 64 bytes of upper bit pairs, 16 signed run scales s, half scale d.
// Each half of the block (64 and 32 bytes of them) holds four stretches of 32 values: low nibbles of the first and the
// second 32 bytes, then their high nibbles; the bit pairs of stretch k are at bit 2k. value = (d * s) * (q - 32).
STRATA_WIDE void strata_decode_q6_k(const void *source, float *destination, ptrdiff_t count) {
  const uint8_t *__restrict block = static_cast<const uint8_t *>(source);
  float *__restrict target = destination;
  for (ptrdiff_t i = 0; i < count; i += 256, block += 210) {
    const int8_t *scales = reinterpret_cast<const int8_t *>(block + 192);
    const float d = strata::HalfAt(block + 208);
    for (int half = 0; half < 2; ++half) {
      const uint8_t *high = block + 128 + 32 * half;
      for (int stretch = 0; stretch < 4; ++stretch) {
        const uint8_t *low = block + 64 * half + 32 * (stretch % 2);
        const int low_shift = 4 * (stretch / 2), high_shift = 2 * stretch;
        for (int part = 0; part < 2; ++part, low += 16, target += 16) {
          const float scale = d * static_cast<float>(*scales++);
          STRATA_VECTOR_LOOP
          for (int j = 0; j < 16; ++j) {
            const int q = ((low[j] >> low_shift) & 0x0F) | ((high[16 * part + j] >> high_shift << 4) & 0x30);
            target[j] = scale * static_cast<float>(q - 32);
          }
        }
      }
    }
  }
}
