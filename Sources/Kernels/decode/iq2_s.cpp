#include "exact.h"

#include "decode/grid.h"

namespace {

constexpr uint16_t packed[1024] = {
#include "decode/grids/iq2_s.h"
};
constexpr strata::Grid<1024, 8> grid = strata::Unpack<8, 2>(packed, strata::kMagnitudes2);

}  // namespace

// 256 values in 32 rows of 8: half scale d, low bytes of the rows' numbers, 32 bytes of signs, 8 bytes of bit pairs on top
// of the numbers, 8 bytes of nibbles, the scales s of two rows each. value = (d * (0.5 + s) * 0.25) * row[j], signed.
STRATA_WIDE void strata_decode_iq2_s(const void *source, float *destination, ptrdiff_t count) {
  const uint8_t *__restrict block = static_cast<const uint8_t *>(source);
  float *__restrict target = destination;
  for (ptrdiff_t i = 0; i < count; i += 256, block += 82) {
    const float d = strata::HalfAt(block);
    for (int k = 0; k < 32; ++k, target += 8) {
      const int s = block[74 + k / 4] >> (k / 2 % 2 * 4) & 0x0F;
      const float scale = d * (0.5f + static_cast<float>(s)) * 0.25f;
      const int row = block[2 + k] | (block[66 + k / 4] >> (k % 4 * 2) & 3) << 8;
      strata::WriteSigned(scale, grid.rows[row], block[34 + k], target);
    }
  }
}
