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
void strata_decode_f64(const void *source, float *destination, ptrdiff_t count);
void strata_decode_f8_e4m3(const void *source, float *destination, ptrdiff_t count);
void strata_decode_f8_e5m2(const void *source, float *destination, ptrdiff_t count);
void strata_decode_fp8(const void *source, float *destination, ptrdiff_t count);
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
void strata_decode_iq4_nl(const void *source, float *destination, ptrdiff_t count);
void strata_decode_iq4_xs(const void *source, float *destination, ptrdiff_t count);
void strata_decode_tq1_0(const void *source, float *destination, ptrdiff_t count);
void strata_decode_tq2_0(const void *source, float *destination, ptrdiff_t count);
void strata_decode_mxfp4(const void *source, float *destination, ptrdiff_t count);
void strata_decode_nvfp4(const void *source, float *destination, ptrdiff_t count);
void strata_decode_iq2_xxs(const void *source, float *destination, ptrdiff_t count);
void strata_decode_iq2_xs(const void *source, float *destination, ptrdiff_t count);
void strata_decode_iq2_s(const void *source, float *destination, ptrdiff_t count);
void strata_decode_iq3_xxs(const void *source, float *destination, ptrdiff_t count);
void strata_decode_iq3_s(const void *source, float *destination, ptrdiff_t count);
void strata_decode_iq1_s(const void *source, float *destination, ptrdiff_t count);
void strata_decode_iq1_m(const void *source, float *destination, ptrdiff_t count);

#ifdef __cplusplus
}
#endif

#endif
