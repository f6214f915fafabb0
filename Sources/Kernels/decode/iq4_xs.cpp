#include "exact.h"

#include "decode/nibbles.h"

// 256 values in 8 runs of 32: half scale d, 6-bit run scales s (2 bytes of upper bit pairs, 4 bytes of nibbles), for
// every run 16 bytes of nibbles as in IQ4_NL. value = (d * (s - 32)) * table[q].
STRATA_WIDE void strata_decode_iq4_xs(const void *source, float *destination, ptrdiff_t count) {
  const uint8_t *__restrict block = static_cast<const uint8_t *>(source);
  float *__restrict target = destination;
  for (ptrdiff_t i = 0; i < count; i += 256, block += 136) {
    const float d = strata::HalfAt(block);
    const int upper = strata::LoadHalf(block + 2);
    for (int run = 0; run < 8; ++run, target += 32) {
      const int low = block[4 + run / 2] >> (run % 2 * 4) & 0x0F;
      const int high = upper >> (2 * run) & 3;
      const float scale = d * static_cast<float>((low | high << 4) - 32);
      strata::LookUpNibbles(block + 8 + 16 * run, 16, scale, strata::kNonlinear4, target);
    }
  }
}
