// Eight-bit floats (Micikevicius et al., FP8 Formats for Deep Learning, 2022, arXiv:2209.05433). Float32 can represent every value.
#include "exact.h"

#include "decode/blocks.h"

namespace {

// E4M3 without infinities (bias 7): 0x7F and 0xFF are NaN.
inline float FloatFromE4M3(uint8_t code) {
  const uint32_t sign = static_cast<uint32_t>(code & 0x80u) << 24;
  const uint32_t rest = code & 0x7Fu;
  const float magnitude = static_cast<float>(static_cast<int32_t>(code & 7u)) * 0x1p-9f;
  uint32_t small;
  std::memcpy(&small, &magnitude, sizeof small);
  const uint32_t normal = rest == 0x7Fu ? 0x7FC00000u : (rest << 20) + (120u << 23);
  return strata::FloatFromBits(sign | (rest < 8 ? small : normal));
}

// Values that share one scale in `strata_decode_fp8`.
constexpr ptrdiff_t kScaled = 128;

}  // namespace

STRATA_WIDE void strata_decode_f8_e4m3(const void *source, float *destination, ptrdiff_t count) {
  const uint8_t *codes = static_cast<const uint8_t *>(source);
  for (ptrdiff_t i = 0; i < count; ++i) destination[i] = FloatFromE4M3(codes[i]);
}

// E5M2 is the upper byte of a binary16.
STRATA_WIDE void strata_decode_f8_e5m2(const void *source, float *destination, ptrdiff_t count) {
  const uint8_t *codes = static_cast<const uint8_t *>(source);
  for (ptrdiff_t i = 0; i < count; ++i) destination[i] = strata::FloatFromHalf(static_cast<uint16_t>(codes[i] << 8));
}

// 128 values: a float32 scale s, 128 bytes of E4M3. value = float32(code) * s, rounded once.
STRATA_WIDE void strata_decode_fp8(const void *source, float *destination, ptrdiff_t count) {
  const uint8_t *__restrict block = static_cast<const uint8_t *>(source);
  float *__restrict target = destination;
  for (ptrdiff_t i = 0; i < count; i += kScaled, block += 4 + kScaled, target += kScaled) {
    float scale;
    std::memcpy(&scale, block, sizeof scale);
    STRATA_VECTOR_LOOP
    for (ptrdiff_t j = 0; j < kScaled; ++j) target[j] = FloatFromE4M3(block[4 + j]) * scale;
  }
}
