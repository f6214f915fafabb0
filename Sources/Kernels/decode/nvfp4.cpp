#include "exact.h"

#include "decode/nibbles.h"

namespace {

// Half the value of an E4M3 byte (bias 7), without its sign. ggml reads 127, a NaN elsewhere, as zero, but not 255.
inline float HalvedUnsignedE4M3(uint8_t byte) {
  if (byte == 0x7F) return 0;
  const uint32_t exponent = byte >> 3 & 0x0F, fraction = byte & 7;
  if (exponent == 0) return static_cast<float>(fraction) * 0x1p-10f;
  return strata::FloatFromBits((exponent + 127 - 8) << 23 | fraction << 20);
}

}  // namespace

// 64 values in 4 runs of 16: a byte of unsigned E4M3 as scale s of each run, and for each 8 bytes of E2M1 nibbles (low
// ones first). value = s * q. A scale for the whole tensor, if any, is a separate tensor.
STRATA_WIDE void strata_decode_nvfp4(const void *source, float *destination, ptrdiff_t count) {
  const uint8_t *__restrict block = static_cast<const uint8_t *>(source);
  float *__restrict target = destination;
  for (ptrdiff_t i = 0; i < count; i += 64, block += 36) {
    for (int run = 0; run < 4; ++run, target += 16) {
      strata::LookUpNibbles(block + 4 + 8 * run, 8, HalvedUnsignedE4M3(block[run]), strata::kDoubledE2M1, target);
    }
  }
}
