// Formats whose nibbles are indices into a table of 16 values.
#ifndef STRATA_KERNELS_DECODE_NIBBLES_H
#define STRATA_KERNELS_DECODE_NIBBLES_H

#include "decode/blocks.h"

namespace strata {

// The values of IQ4_NL and IQ4_XS.
constexpr int8_t kNonlinear4[16] = {-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113};

// Twice the values of E2M1 (OCP Microscaling Formats, 1.0); the scales are halved to compensate. No negative zero.
constexpr int8_t kDoubledE2M1[16] = {0, 1, 2, 3, 4, 6, 8, 12, 0, -1, -2, -3, -4, -6, -8, -12};

// scale * values[nibble] for the nibbles of `count` bytes: all the low ones, then all the high ones.
inline void LookUpNibbles(const uint8_t *__restrict nibbles, int count, float scale, const int8_t values[16],
                          float *__restrict target) {
  float scaled[16];
  STRATA_VECTOR_LOOP
  for (int k = 0; k < 16; ++k) scaled[k] = scale * static_cast<float>(values[k]);
  for (int j = 0; j < count; ++j) {
    target[j] = scaled[nibbles[j] & 0x0F];
    target[count + j] = scaled[nibbles[j] >> 4];
  }
}

}  // namespace strata

#endif
