#include "decode/blocks.h"

// 32 values: half scale d, half minimum m, 16 bytes of nibbles (low ones first). value = d * q + m.
STRATA_WIDE void strata_decode_q4_1(const void *source, float *destination, ptrdiff_t count) {
  const uint8_t *block = static_cast<const uint8_t *>(source);
  for (ptrdiff_t i = 0; i < count; i += 32, block += 20, destination += 32) {
    const float d = strata::HalfAt(block);
    const float m = strata::HalfAt(block + 2);
    const uint8_t *q = block + 4;
    for (int j = 0; j < 16; ++j) destination[j] = d * static_cast<float>(q[j] & 0x0F) + m;
    for (int j = 0; j < 16; ++j) destination[16 + j] = d * static_cast<float>(q[j] >> 4) + m;
  }
}
