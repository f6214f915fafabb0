#include "exact.h"

#include "decode/iq1_grid.h"

// 256 values in 8 runs of 32: half scale d, low bytes of the numbers of 32 rows of 8, and a half word for every run: four
// times three bits on top of the numbers, the run scale s in three, the sign of the shift.
// value = (d * (2 * s + 1)) * (row[j] ± 0.125).
STRATA_WIDE void strata_decode_iq1_s(const void *source, float *destination, ptrdiff_t count) {
  const uint8_t *__restrict block = static_cast<const uint8_t *>(source);
  float *__restrict target = destination;
  for (ptrdiff_t i = 0; i < count; i += 256, block += 50) {
    const float d = strata::HalfAt(block);
    for (int run = 0; run < 8; ++run) {
      const uint32_t word = strata::LoadHalf(block + 34 + 2 * run);
      const float scale = d * static_cast<float>(2 * (word >> 12 & 7) + 1);
      for (int k = 0; k < 4; ++k, target += 8) {
        const uint32_t row = block[2 + 4 * run + k] | (word >> (3 * k) & 7) << 8;
        strata::WriteShifted(scale, row, word >> 15, target);
      }
    }
  }
}
