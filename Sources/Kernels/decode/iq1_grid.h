// The rows that IQ1_S and IQ1_M share, of -1, 0 and 1.
#ifndef STRATA_KERNELS_DECODE_IQ1_GRID_H
#define STRATA_KERNELS_DECODE_IQ1_GRID_H

#include "decode/grid.h"

namespace strata {

constexpr uint16_t kPackedIQ1[2048] = {
#include "decode/grids/iq1.h"
};
constexpr int8_t kTernary[3] = {-1, 0, 1};
constexpr Grid<2048, 8> kGridIQ1 = Unpack<8, 2>(kPackedIQ1, kTernary);

// scale * (value + shift) for a row; the shift is an eighth up or down.
inline void WriteShifted(float scale, uint32_t row, bool down, float *__restrict target) {
  const float shift = down ? -0.125f : 0.125f;
  STRATA_VECTOR_LOOP
  for (int j = 0; j < 8; ++j) target[j] = scale * (static_cast<float>(kGridIQ1.rows[row][j]) + shift);
}

}  // namespace strata

#endif
