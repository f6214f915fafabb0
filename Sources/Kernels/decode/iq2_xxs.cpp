#include "exact.h"

#include "decode/grid.h"

namespace {

constexpr uint16_t packed[256] = {
#include "decode/grids/iq2_xxs.h"
};
constexpr strata::Grid<256, 8> grid = strata::Unpack<8, 2>(packed, strata::kMagnitudes2);

}  // namespace

// 256 values in 8 runs of 32: half scale d, then for every run four numbers of rows of 8 (a byte each) and a word: four
// times seven bits of signs, and the run scale s in the upper four. value = (d * (0.5 + s) * 0.25) * row[j], signed.
STRATA_WIDE void strata_decode_iq2_xxs(const void *source, float *destination, ptrdiff_t count) {
  const uint8_t *__restrict block = static_cast<const uint8_t *>(source);
  float *__restrict target = destination;
  for (ptrdiff_t i = 0; i < count; i += 256, block += 66) {
    const float d = strata::HalfAt(block);
    for (int run = 0; run < 8; ++run) {
      const uint8_t *rows = block + 2 + 8 * run;
      const uint32_t word = strata::WordAt(rows + 4);
      const float scale = d * (0.5f + static_cast<float>(word >> 28)) * 0.25f;
      for (int k = 0; k < 4; ++k, target += 8) {
        strata::WriteSigned(scale, grid.rows[rows[k]], strata::EvenSigns(word >> (7 * k) & 0x7F), target);
      }
    }
  }
}
