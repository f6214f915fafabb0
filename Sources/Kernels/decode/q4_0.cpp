#include "exact.h"

#include "decode/blocks.h"

// 32 values: half scale d, 16 bytes of nibbles (low ones first). value = d * (q - 8).
STRATA_WIDE void strata_decode_q4_0(const void *source, float *destination, ptrdiff_t count) {
  const uint8_t *__restrict block = static_cast<const uint8_t *>(source);
  float *__restrict target = destination;
  for (ptrdiff_t i = 0; i < count; i += 32, block += 18, target += 32) {
    const float d = strata::HalfAt(block);
    const uint8_t *q = block + 2;
    STRATA_VECTOR_LOOP
    for (int j = 0; j < 16; ++j) target[j] = d * static_cast<float>((q[j] & 0x0F) - 8);
    STRATA_VECTOR_LOOP
    for (int j = 0; j < 16; ++j) target[16 + j] = d * static_cast<float>((q[j] >> 4) - 8);
  }
}
