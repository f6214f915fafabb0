#include "exact.h"

#include "decode/grid.h"

namespace {

constexpr uint16_t packed[512] = {
#include "decode/grids/iq2_xs.h"
};
constexpr strata::Grid<512, 8> grid = strata::Unpack<8, 2>(packed, strata::kMagnitudes2);

}  // namespace

// 256 values in 32 rows of 8: half scale d, 32 half words (nine bits of a row's number, seven of signs), 8 bytes of
// nibbles, the scales s of two rows each (low ones first). value = (d * (0.5 + s) * 0.25) * row[j], signed.
STRATA_WIDE void strata_decode_iq2_xs(const void *source, float *destination, ptrdiff_t count) {
  const uint8_t *__restrict block = static_cast<const uint8_t *>(source);
  float *__restrict target = destination;
  for (ptrdiff_t i = 0; i < count; i += 256, block += 74) {
    const float d = strata::HalfAt(block);
    for (int k = 0; k < 32; ++k, target += 8) {
      const int s = block[66 + k / 4] >> (k / 2 % 2 * 4) & 0x0F;
      const float scale = d * (0.5f + static_cast<float>(s)) * 0.25f;
      const uint32_t word = strata::LoadHalf(block + 2 + 2 * k);
      strata::WriteSigned(scale, grid.rows[word & 0x1FF], strata::EvenSigns(word >> 9), target);
    }
  }
}
