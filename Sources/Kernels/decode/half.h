// binary16 and bfloat16 to float32, exactly: every value of either has a float32 of its own.
#ifndef STRATA_KERNELS_DECODE_HALF_H
#define STRATA_KERNELS_DECODE_HALF_H

#include <cstdint>
#include <cstring>

namespace strata {

inline float FloatFromBits(uint32_t bits) {
  float value;
  std::memcpy(&value, &bits, sizeof value);
  return value;
}

inline float FloatFromHalf(uint16_t half) {
  const uint32_t sign = static_cast<uint32_t>(half & 0x8000u) << 16;
  const uint32_t exponent = (half >> 10) & 0x1Fu;
  const uint32_t fraction = half & 0x3FFu;
  if (exponent == 0x1F) return FloatFromBits(sign | 0x7F800000u | (fraction << 13));
  if (exponent != 0) return FloatFromBits(sign | ((exponent + 112) << 23) | (fraction << 13));
  // Zero and subnormals: fraction * 2^-24 is exact in float32.
  const float magnitude = static_cast<float>(fraction) * 0x1p-24f;
  uint32_t bits;
  std::memcpy(&bits, &magnitude, sizeof bits);
  return FloatFromBits(sign | bits);
}

inline float FloatFromBrainFloat(uint16_t stored) { return FloatFromBits(static_cast<uint32_t>(stored) << 16); }

}  // namespace strata

#endif
