// The arithmetic of the engine: products with stored weights, the pieces of a transformer block, and the lens.
//
// Every sum over the width of a vector uses sixteen interleaved partial sums with fused multiply-adds, folded by halves
// at the end. The order depends on nothing but the length, so a result is the same bytes for any tile shape,
// batch, number of threads and vector width with fused multiply-add (AVX2, AVX-512, NEON).
#ifndef STRATA_KERNELS_H
#define STRATA_KERNELS_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

// ---- Threads -------------------------------------------------------------------------------------------------------

// A fixed set of threads that share the tasks of one call at a time.
typedef struct strata_pool strata_pool;

// `threads` >= 1, the caller's own included. NULL when the threads cannot be made.
strata_pool *strata_pool_create(ptrdiff_t threads);
void strata_pool_destroy(strata_pool *pool);

// Runs body(context, task) for every task < tasks on all threads; returns when all are done. Any thread may run any task.
void strata_parallel(strata_pool *pool, ptrdiff_t tasks, void (*body)(void *context, ptrdiff_t task), void *context);

// Name of the instruction set chosen at run time ("AVX2").
const char *strata_instruction_set(void);

// ---- Products ------------------------------------------------------------------------------------------------------

// Turns `count` stored values (whole blocks) into float32.
typedef void (*strata_decode)(const void *source, float *destination, ptrdiff_t count);

// Stored formats that products read block by block, without decoding whole rows first; the rows of a table in formats-inl.h.
typedef enum {
  strata_blocks_none = 0,  // rows are decoded by the matrix's own decoder
  strata_blocks_f32,
  strata_blocks_f16,
  strata_blocks_bf16,
  strata_blocks_q8_0,
  strata_blocks_q4_0,
  strata_blocks_q4_1,
  strata_blocks_q5_0,
  strata_blocks_q5_1,
  strata_blocks_q4_k,
  strata_blocks_q5_k,
  strata_blocks_q6_k,
  strata_blocks_count,
} strata_blocks;

// A weight matrix [rows, columns] as it is stored.
typedef struct {
  const void *data;
  // NULL: float32, read in place.
  strata_decode decode;
  // The blocks that `decode` decodes, where products read them by themselves.
  strata_blocks blocks;
  // Bytes from one stored row to the next.
  ptrdiff_t row_bytes;
  ptrdiff_t rows;
  ptrdiff_t columns;
  // Non-zero: stored as [columns, rows] (Conv1D of GPT-2); `row_bytes` is then that of one stored row of `rows` values.
  int32_t transposed;
  // Bytes of one stored value; used when transposed, and only with formats of one value per block.
  int32_t value_bytes;
} strata_matrix;

// y[m, n] = sum_k x[m, k] * w[n, k] (+ bias[n] unless NULL), for m < rows_x; `ldx` and `ldy` count floats between rows.
void strata_multiply(strata_pool *pool, const float *x, ptrdiff_t ldx, ptrdiff_t rows_x, const strata_matrix *w,
                     const float *bias, float *y, ptrdiff_t ldy);

// One row of a matrix as float32 [columns].
void strata_decode_row(const strata_matrix *w, ptrdiff_t row, float *destination);

// sum_k a[k] * b[k], in the order of strata_multiply.
float strata_dot(const float *a, const float *b, ptrdiff_t count);

// ---- Pieces of a block ---------------------------------------------------------------------------------------------

// y[m] = x[m] / sqrt(mean(x[m]^2) + epsilon) * weight; sums in double. In place when y == x.
void strata_rms_norm(const float *x, ptrdiff_t ldx, ptrdiff_t rows, ptrdiff_t width, const float *weight,
                     float epsilon, float *y, ptrdiff_t ldy);

// y[m] = (x[m] - mean) / sqrt(variance + epsilon) * weight + bias (NULL: none); sums in double. In place when y == x.
void strata_layer_norm(const float *x, ptrdiff_t ldx, ptrdiff_t rows, ptrdiff_t width, const float *weight,
                       const float *bias, float epsilon, float *y, ptrdiff_t ldy);

// Rotates pairs of each head by angle i: (x[i], x[i + half]), or (x[2i], x[2i + 1]) when `adjacent`. `cosines`, `sines`
// [half]; the rest of a head stays as it is. In place.
void strata_rotate(float *x, ptrdiff_t heads, ptrdiff_t head_width, ptrdiff_t half, int32_t adjacent,
                   const float *cosines, const float *sines);

// Reorders the rows of a head from interleaved (2i, 2i+1) order to halves order (i, i + width/2). In place.
void strata_unpermute(float *x, ptrdiff_t heads, ptrdiff_t head_width);

// a += scale * b
void strata_add(float *a, const float *b, float scale, ptrdiff_t count);

// x = min(max(x, least), most)
void strata_clip(float *x, float least, float most, ptrdiff_t count);

// x += offset
void strata_offset(float *x, float offset, ptrdiff_t count);

// Moves the values at even places of x [2 count] to `even` [count], and those at odd places to the first `count` of x.
void strata_separate(float *x, float *even, ptrdiff_t count);

typedef enum {
  strata_activation_silu = 0,
  // 0.5 x (1 + tanh(sqrt(2/pi) (x + 0.044715 x^3)))
  strata_activation_gelu_tanh = 1,
  // 0.5 x (1 + erf(x / sqrt 2))
  strata_activation_gelu = 2,
  strata_activation_relu = 3,
  strata_activation_leaky_relu = 4,  // 0.01 x below 0
  strata_activation_relu6 = 5,       // min(max(x, 0), 6)
  strata_activation_relu_squared = 6,
  strata_activation_sigmoid = 7,
  strata_activation_tanh = 8,
  strata_activation_linear = 9,
  strata_activation_gelu_clipped = 10,  // GELU with the error function, held within -10 and 10
  strata_activation_gelu_quick = 11,    // x sigmoid(1.702 x)
  strata_activation_mish = 12,          // x tanh(ln(1 + e^x))
  strata_activation_hardswish = 13,     // x min(max(x + 3, 0), 6) / 6
  strata_activation_laplace = 14,       // 0.5 (1 + erf((x - 0.707107) / (0.282095 sqrt 2)))
  strata_activation_sqrt_softplus = 15,  // sqrt(ln(1 + e^x))
  strata_activation_softplus = 16,       // ln(1 + e^x)
} strata_activation;

// x = f(x); with `gated` not NULL, x = f(x) * gated.
void strata_activate(strata_activation function, float *x, const float *gated, ptrdiff_t count);

// x = xIELU(x), positive x^2 + beta x above zero, negative (expm1(min(x, epsilon)) - x) + beta x elsewhere; times `gated` if it is
// not NULL.
void strata_xielu(float *x, const float *gated, float positive, float negative, float beta, float epsilon,
                  ptrdiff_t count);

// One query row attending to its own sequence's cache.
typedef struct {
  const float *query;    // [heads, key_width]
  const float *keys;     // [position, kv_heads * key_width], positions key_stride floats apart
  const float *values;   // [position, kv_heads * value_width], positions value_stride floats apart; may be a part of the keys
  const float *biases;   // [heads, bias_stride], added to the score of the key at each position; or NULL
  const float *sinks;    // [heads] in the place of those of all rows; or NULL
  float *output;         // [heads, value_width]
  ptrdiff_t first;       // first position attended to
  ptrdiff_t last;        // last position attended to: the query's own
} strata_attention_row;

// Operations on a score: times scale, then cap * tanh(score / cap) unless cap is 0, then plus the row's bias.
typedef struct {
  float scale;
  float softcap;
  ptrdiff_t bias_stride;  // from one head's biases to the next one's
  const float *sinks;     // [heads] one more score of each softmax, whose share no value gets; or NULL
} strata_scores;

// The heads of an attention: how many, how wide, and how many floats lie between neighbouring positions.
typedef struct {
  ptrdiff_t heads;
  ptrdiff_t kv_heads;     // divides `heads`
  ptrdiff_t key_width;    // of a query and a key of one head
  ptrdiff_t value_width;  // of a value and an output of one head
  ptrdiff_t key_stride;
  ptrdiff_t value_stride;
} strata_heads;

// softmax(scores of q k^T) v for every row and head.
void strata_attend(strata_pool *pool, const strata_attention_row *rows, ptrdiff_t count, const strata_heads *heads,
                   const strata_scores *scores);

// ---- Layers with a state -------------------------------------------------------------------------------------------

// A causal convolution of each channel with its last `kernel` inputs; weights [kernel, channels], the oldest input's first.
typedef struct {
  const float *weights;
  const float *bias;  // [channels] or NULL
  ptrdiff_t channels;
  ptrdiff_t kernel;
} strata_convolution;

// Neighbouring tokens of one text; strides count floats from one token to the next.
typedef struct {
  const float *input;
  ptrdiff_t input_stride;
  float *past;    // [kernel - 1, channels] the inputs before the first token, the oldest first; replaced by the last inputs
  float *output;  // not the input
  ptrdiff_t output_stride;
  ptrdiff_t tokens;
} strata_convolution_row;

void strata_convolve(strata_pool *pool, const strata_convolution_row *rows, ptrdiff_t count, const strata_convolution *how);

// A scan whose states belong to channels: state[n] = exp(step decay[n]) state[n] + key[n] (step value), output = sum_n query[n]
// state[n] + skip value (Mamba).
typedef struct {
  const float *decays;  // [states, channels], negative
  const float *skips;   // [channels] or NULL
  ptrdiff_t channels;
  ptrdiff_t states;
} strata_channel_scan;

typedef struct {
  const float *values;  // [channels] per token
  ptrdiff_t value_stride;
  const float *steps;  // [channels]
  ptrdiff_t step_stride;
  const float *keys;  // [states]; queries have the same stride
  const float *queries;
  ptrdiff_t key_stride;
  float *state;  // [states, channels], updated
  float *output;
  ptrdiff_t output_stride;
  ptrdiff_t tokens;
} strata_channel_row;

void strata_scan_channels(strata_pool *pool, const strata_channel_row *rows, ptrdiff_t count,
                          const strata_channel_scan *how);

// A scan whose state is one number for each channel: state = kept state + written, output = state.
typedef struct {
  const float *kept;  // [channels] per token
  ptrdiff_t kept_stride;
  const float *written;  // [channels] per token
  ptrdiff_t written_stride;
  float *state;  // [channels], updated
  float *output;
  ptrdiff_t output_stride;
  ptrdiff_t tokens;
} strata_kept_row;

void strata_scan_kept(strata_pool *pool, const strata_kept_row *rows, ptrdiff_t count, ptrdiff_t channels);

// keep[i] = exp(keep[i] decays[i]); written[i] *= sqrt(1 - keep[i]^2), or stays where `is_first`.
void strata_keep(float *keep, const float *decays, float *written, int32_t is_first, ptrdiff_t count);

// A scan whose state is a matrix for each head: S = kept S + key (written v)^T, output = S^T query + skip value. v is the value, or
// with `corrects` the value minus (kept S)^T key (the delta rule).
typedef struct {
  ptrdiff_t key_width;
  ptrdiff_t value_width;
  int32_t corrects;
  int32_t kept_by_key;  // whether every value of a key has a factor of its own
} strata_head_scan;

// One head of neighbouring tokens of one text.
typedef struct {
  const float *query;  // [key_width]
  const float *key;    // [key_width]
  const float *value;  // [value_width]
  ptrdiff_t stride;
  const float *kept;  // one factor per token
  ptrdiff_t kept_stride;
  const float *written;  // one factor per token
  ptrdiff_t written_stride;
  float skip;    // 0 for none
  float *state;  // [key_width, value_width], updated
  float *output;
  ptrdiff_t output_stride;
  ptrdiff_t tokens;
} strata_head_row;

void strata_scan_heads(strata_pool *pool, const strata_head_row *rows, ptrdiff_t count, const strata_head_scan *how);

// x = min(max(ln(1 + e^(x + bias)), least), most); bias NULL for none.
void strata_steps(float *x, const float *bias, float least, float most, ptrdiff_t count);

// kept = e^(step rate)
void strata_decays(const float *steps, const float *rates, float *kept, ptrdiff_t count);

// Each head divided by sqrt(sum of its squares + epsilon), then times `scale`. In place.
void strata_unit_norm(float *x, ptrdiff_t heads, ptrdiff_t width, float epsilon, float scale);

// ---- Lens ----------------------------------------------------------------------------------------------------------

// A change of low rank that is added to a product: scale * (up (down x) + bias).
typedef struct {
  strata_matrix down;  // [rank, width]
  strata_matrix up;    // [rows of the product, rank]
  const float *bias;   // [rows of the product] or NULL
  float scale;
} strata_update;

// A head: the product with its matrix [vocabulary, width] plus a bias, unless NULL each times its own of `scales`, plus an update
// unless NULL, times `scale`, then cap * tanh(x / cap) unless `softcap` is 0.
typedef struct {
  strata_matrix matrix;
  const float *bias;    // [vocabulary] or NULL
  const float *scales;  // [vocabulary] or NULL
  float scale;
  float softcap;
  const strata_update *update;
} strata_head;

// logits [rows, vocabulary] of states [rows, width], whole: the model's own output.
void strata_logits(strata_pool *pool, const strata_head *head, const float *states, ptrdiff_t rows, float *logits);

// Largest of `count` logits, the first of equals, and log sum exp of all of them in double: the model's own output, against
// which the lens is checked. Any NaN makes `log_sum_exp` NaN.
typedef struct {
  ptrdiff_t largest;
  float logit;
  double log_sum_exp;
} strata_output_summary;

strata_output_summary strata_summarise(const float *logits, ptrdiff_t count);

// States to project with a head, and the results wanted for each. No [rows, vocabulary] array exists at any time.
typedef struct {
  const float *states;  // [rows, width], final norm applied where the lens asks for it
  ptrdiff_t rows;
  const int32_t *reference;  // [rows] index of the row whose distribution KL is taken from
  // Ids whose rank and logit are wanted: those of row r are ids[offsets[r] ..< offsets[r + 1]].
  const int32_t *ids;
  const int32_t *offsets;  // [rows + 1]
  int32_t top;             // k, at most the vocabulary
  const uint8_t *marks;    // [vocabulary] 1 for tokens whose probabilities are summed; null for no such sum
} strata_lens_request;

typedef struct {
  double *log_sum_exp;   // [rows]
  double *entropy;       // [rows] nats
  double *divergence;    // [rows] nats, KL(reference || row)
  float *logits;         // [offsets[rows]] of the wanted ids
  int64_t *greater;      // [offsets[rows]] number of strictly greater logits
  int32_t *top_ids;      // [rows, top] by falling logit, ties by rising id
  float *top_logits;     // [rows, top]
  double *marked;        // [rows] log of the marked tokens' probability; not written without marks
} strata_lens_result;

// 0 when done; 1 when memory is exhausted.
int32_t strata_lens(strata_pool *pool, const strata_head *head, const strata_lens_request *request,
                    const strata_lens_result *result);

#ifdef __cplusplus
}
#endif

#endif
