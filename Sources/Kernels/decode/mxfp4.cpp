#include "exact.h"

#include "decode/nibbles.h"

namespace {

// Half of the power of two that an E8M0 byte stands for: 2^(byte - 128), subnormal for the first two. 255, the
// specification's NaN, is one more power of two to ggml.
inline float HalvedE8M0(uint8_t byte) {
  return strata::FloatFromBits(byte < 2 ? 0x00200000u << byte : static_cast<uint32_t>(byte - 1) << 23);
}

}  // namespace

// 32 values: E8M0 scale e, 16 bytes of E2M1 nibbles (low ones first). value = 2^(e - 127) * q.
STRATA_WIDE void strata_decode_mxfp4(const void *source, float *destination, ptrdiff_t count) {
  const uint8_t *__restrict block = static_cast<const uint8_t *>(source);
  float *__restrict target = destination;
  for (ptrdiff_t i = 0; i < count; i += 32, block += 17, target += 32) {
    strata::LookUpNibbles(block + 1, 16, HalvedE8M0(block[0]), strata::kDoubledE2M1, target);
  }
}
