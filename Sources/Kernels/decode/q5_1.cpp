#include "exact.h"

#include "decode/blocks.h"

// 32 values: half scale d, half minimum m, 32 fifth bits, 16 bytes of nibbles (low ones first). value = d * q + m.
STRATA_WIDE void strata_decode_q5_1(const void *source, float *destination, ptrdiff_t count) {
  const uint8_t *__restrict block = static_cast<const uint8_t *>(source);
  float *__restrict target = destination;
  for (ptrdiff_t i = 0; i < count; i += 32, block += 24, target += 32) {
    const float d = strata::HalfAt(block);
    const float m = strata::HalfAt(block + 2);
    const uint32_t high = strata::WordAt(block + 4);
    const uint8_t *low = block + 8;
    STRATA_VECTOR_LOOP
    for (int j = 0; j < 16; ++j) {
      const int q = (low[j] & 0x0F) | static_cast<int>((high >> j << 4) & 0x10);
      target[j] = d * static_cast<float>(q) + m;
    }
    STRATA_VECTOR_LOOP
    for (int j = 0; j < 16; ++j) {
      const int q = (low[j] >> 4) | static_cast<int>((high >> (16 + j) << 4) & 0x10);
      target[16 + j] = d * static_cast<float>(q) + m;
    }
  }
}
