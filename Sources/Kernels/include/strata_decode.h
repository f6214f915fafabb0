// Exact decoders of stored number formats: `count` values (whole blocks) from `source` to float32.
#ifndef STRATA_DECODE_H
#define STRATA_DECODE_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

void strata_decode_f32(const void *source, float *destination, ptrdiff_t count);
void strata_decode_f16(const void *source, float *destination, ptrdiff_t count);
void strata_decode_bf16(const void *source, float *destination, ptrdiff_t count);
void strata_decode_q8_0(const void *source, float *destination, ptrdiff_t count);
void strata_decode_q4_0(const void *source, float *destination, ptrdiff_t count);
void strata_decode_q4_1(const void *source, float *destination, ptrdiff_t count);
void strata_decode_q5_0(const void *source, float *destination, ptrdiff_t count);
void strata_decode_q5_1(const void *source, float *destination, ptrdiff_t count);
void strata_decode_q2_k(const void *source, float *destination, ptrdiff_t count);
void strata_decode_q3_k(const void *source, float *destination, ptrdiff_t count);
void strata_decode_q4_k(const void *source, float *destination, ptrdiff_t count);
void strata_decode_q5_k(const void *source, float *destination, ptrdiff_t count);
void strata_decode_q6_k(const void *source, float *destination, ptrdiff_t count);

#ifdef __cplusplus
}
#endif

#endif
