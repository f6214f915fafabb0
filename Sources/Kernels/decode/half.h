// binary16 and bfloat16 to float32, exactly: float32 can represent every value of both.
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

// Without branches, so that loops over it are vectorised.
inline float FloatFromHalf(uint16_t half) {
  const uint32_t sign = static_cast<uint32_t>(half & 0x8000u) << 16;
  const uint32_t exponent = half & 0x7C00u;
  const uint32_t rest = static_cast<uint32_t>(half & 0x7FFFu) << 13;
  // The exponent's bias goes from 15 to 127; infinity and NaN go from 31 to 255.
  const uint32_t normal = rest + (exponent == 0x7C00u ? 224u << 23 : 112u << 23);
  // Zero and subnormals: fraction * 2^-24 is exact in float32.
  const float magnitude = static_cast<float>(static_cast<int32_t>(half & 0x3FFu)) * 0x1p-24f;
  uint32_t small;
  std::memcpy(&small, &magnitude, sizeof small);
  return FloatFromBits(sign | (exponent == 0 ? small : normal));
}

inline float FloatFromBrainFloat(uint16_t stored) { return FloatFromBits(static_cast<uint32_t>(stored) << 16); }

}  // namespace strata

#endif
