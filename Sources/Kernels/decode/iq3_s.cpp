#include "exact.h"

#include "decode/grid.h"

namespace {

constexpr uint16_t packed[512] = {
#include "decode/grids/iq3_s.h"
};
constexpr int8_t magnitudes[8] = {1, 3, 5, 7, 9, 11, 13, 15};
constexpr strata::Grid<512, 4> grid = strata::Unpack<4, 3>(packed, magnitudes);

}  // namespace

// 256 values in 64 rows of 4: half scale d, low bytes of the rows' numbers, 8 bytes of ninth bits, 32 bytes of signs, 4
// bytes of nibbles, the scales s of eight rows each. value = (d * (1 + 2 * s)) * row[j], signed.
STRATA_WIDE void strata_decode_iq3_s(const void *source, float *destination, ptrdiff_t count) {
  const uint8_t *__restrict block = static_cast<const uint8_t *>(source);
  float *__restrict target = destination;
  for (ptrdiff_t i = 0; i < count; i += 256, block += 110) {
    const float d = strata::HalfAt(block);
    for (int k = 0; k < 64; k += 2, target += 8) {
      const int s = block[106 + k / 16] >> (k / 8 % 2 * 4) & 0x0F;
      const float scale = d * static_cast<float>(1 + 2 * s);
      const int ninth = block[66 + k / 8] >> (k % 8);
      const uint32_t signs = block[74 + k / 2];
      strata::WriteSigned(scale, grid.rows[block[2 + k] | (ninth & 1) << 8], signs, target);
      strata::WriteSigned(scale, grid.rows[block[3 + k] | (ninth & 2) << 7], signs >> 4, target + 4);
    }
  }
}
