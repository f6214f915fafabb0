#include "exact.h"

#include "decode/iq1_grid.h"

// 256 values in 32 rows of 8: low bytes of the rows' numbers, 16 bytes of nibbles (three bits on top of a number, the
// shift's sign), four half words: a nibble of the half scale d on top of four 3-bit scales s of two rows each.
// value = (d * (2 * s + 1)) * (row[j] ± 0.125).
STRATA_WIDE void strata_decode_iq1_m(const void *source, float *destination, ptrdiff_t count) {
  const uint8_t *__restrict block = static_cast<const uint8_t *>(source);
  float *__restrict target = destination;
  for (ptrdiff_t i = 0; i < count; i += 256, block += 56) {
    uint32_t words[4], half = 0;
    for (int k = 0; k < 4; ++k) {
      words[k] = strata::LoadHalf(block + 48 + 2 * k);
      half |= words[k] >> 12 << (4 * k);
    }
    const float d = strata::FloatFromHalf(static_cast<uint16_t>(half));
    for (int k = 0; k < 32; ++k, target += 8) {
      const uint32_t s = words[k / 8] >> (k / 2 % 4 * 3) & 7;
      const uint32_t nibble = block[32 + k / 2] >> (k % 2 * 4);
      const float scale = d * static_cast<float>(2 * s + 1);
      strata::WriteShifted(scale, block[k] | (nibble & 7) << 8, nibble & 8, target);
    }
  }
}
