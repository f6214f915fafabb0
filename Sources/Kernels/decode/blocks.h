// Shared definitions of the decoders of quantised blocks.
//
// Block layouts are those of ggml's ggml-common.h; the order of float operations is that of `dequantize_blocks` in the
// gguf Python package, each operation rounded by itself (exact.h).
#ifndef STRATA_KERNELS_DECODE_BLOCKS_H
#define STRATA_KERNELS_DECODE_BLOCKS_H

#include <cstddef>
#include <cstdint>
#include <cstring>

#include "decode/half.h"
#include "include/strata_decode.h"

#ifndef __has_feature
#define __has_feature(feature) 0
#endif

// Also compiles a decoder for wider vectors, and chooses one when the program is loaded. The results are the same bits. The choice is made
// before ThreadSanitizer is there, which it calls.
#if defined(__x86_64__) && defined(__linux__) && !__has_feature(thread_sanitizer)
#define STRATA_WIDE __attribute__((target_clones("avx2", "default")))
#else
#define STRATA_WIDE
#endif

// For a short loop over the values of a block: the compiler would not vectorise it after full unrolling.
#define STRATA_VECTOR_LOOP _Pragma("clang loop unroll(disable) vectorize(enable)")

namespace strata {

inline uint16_t LoadHalf(const uint8_t *bytes) {
  uint16_t half;
  std::memcpy(&half, bytes, sizeof half);
  return half;
}

inline float HalfAt(const uint8_t *bytes) { return FloatFromHalf(LoadHalf(bytes)); }

inline uint32_t WordAt(const uint8_t *bytes) {
  uint32_t word;
  std::memcpy(&word, bytes, sizeof word);
  return word;
}

// The eight 6-bit scales and minima of a Q4_K or Q5_K block, packed in 12 bytes: the low six bits of the first four of
// each in bytes 0-3 and 4-7; the low four of the others in the nibbles of bytes 8-11, their upper two on top of 0-7.
inline void UnpackScales(const uint8_t *packed, uint8_t scales[8], uint8_t minima[8]) {
  for (int i = 0; i < 4; ++i) {
    scales[i] = packed[i] & 0x3F;
    minima[i] = packed[4 + i] & 0x3F;
    scales[4 + i] = static_cast<uint8_t>((packed[8 + i] & 0x0F) | ((packed[i] >> 2) & 0x30));
    minima[4 + i] = static_cast<uint8_t>((packed[8 + i] >> 4) | ((packed[4 + i] >> 2) & 0x30));
  }
}

}  // namespace strata

#endif
