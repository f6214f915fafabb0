#include "exact.h"

#include "decode/grid.h"

namespace {

constexpr uint16_t packed[256] = {
#include "decode/grids/iq3_xxs.h"
};
constexpr int8_t magnitudes[8] = {0x04, 0x0C, 0x14, 0x1C, 0x24, 0x2C, 0x34, 0x3E};
constexpr strata::Grid<256, 4> grid = strata::Unpack<4, 3>(packed, magnitudes);

}  // namespace

// 256 values in 8 runs of 32: half scale d, numbers of 64 rows of 4 (a byte each), and a word for every run: four times
// seven bits of signs for two rows, and the run scale s in the upper four. value = (d * (0.5 + s) * 0.5) * row[j], signed.
STRATA_WIDE void strata_decode_iq3_xxs(const void *source, float *destination, ptrdiff_t count) {
  const uint8_t *__restrict block = static_cast<const uint8_t *>(source);
  float *__restrict target = destination;
  for (ptrdiff_t i = 0; i < count; i += 256, block += 98) {
    const float d = strata::HalfAt(block);
    for (int run = 0; run < 8; ++run) {
      const uint8_t *rows = block + 2 + 8 * run;
      const uint32_t word = strata::WordAt(block + 66 + 4 * run);
      const float scale = d * (0.5f + static_cast<float>(word >> 28)) * 0.5f;
      for (int k = 0; k < 4; ++k, target += 8) {
        const uint32_t signs = strata::EvenSigns(word >> (7 * k) & 0x7F);
        strata::WriteSigned(scale, grid.rows[rows[2 * k]], signs, target);
        strata::WriteSigned(scale, grid.rows[rows[2 * k + 1]], signs >> 4, target + 4);
      }
    }
  }
}
