// Formats whose blocks store numbers of table rows; each row has several values.
//
// The tables in decode/grids are those of ggml (MIT licence), written by Tools/make_quant_grids.py. They are packed in the
// sources and unpacked to bytes in the program.
#ifndef STRATA_KERNELS_DECODE_GRID_H
#define STRATA_KERNELS_DECODE_GRID_H

#include "decode/blocks.h"

namespace strata {

template <int count, int width>
struct Grid {
  int8_t rows[count][width];
};

// Rows of `width` places in `values`, `bits` bits each, the first one lowest.
template <int width, int bits, int count, int known>
constexpr Grid<count, width> Unpack(const uint16_t (&packed)[count], const int8_t (&values)[known]) {
  Grid<count, width> grid{};
  for (int i = 0; i < count; ++i) {
    for (int j = 0; j < width; ++j) grid.rows[i][j] = values[packed[i] >> (bits * j) & ((1 << bits) - 1)];
  }
  return grid;
}

// The magnitudes of IQ2 formats.
constexpr int8_t kMagnitudes2[3] = {0x08, 0x19, 0x2B};

// Eight signs of which seven bits are stored: the number of negative ones is even.
inline uint32_t EvenSigns(uint32_t stored) {
  return stored | static_cast<uint32_t>(__builtin_parity(stored)) << 7;
}

// scale * value for a row, negative where a bit of `signs` is set.
template <int width>
inline void WriteSigned(float scale, const int8_t (&row)[width], uint32_t signs, float *__restrict target) {
  STRATA_VECTOR_LOOP
  for (int j = 0; j < width; ++j) {
    const float value = scale * static_cast<float>(row[j]);
    uint32_t bits;
    std::memcpy(&bits, &value, sizeof bits);
    target[j] = FloatFromBits(bits ^ (signs >> j << 31));
  }
}

}  // namespace strata

#endif
