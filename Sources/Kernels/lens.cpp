// The lens: states times the unembedding in vocabulary tiles, each reduced in cache and then discarded.
//
// A tile always spans the same kTile rows of the head, and tiles are merged in the order of the vocabulary, so sums do not
// depend on the number of threads or on other states of the call.
#include "exact.h"

#include <hwy/base.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <new>
#include <vector>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "lens.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "include/strata_kernels.h"
#include "lens-inl.h"
#include "lens.h"
#include "panel.h"
#include "pool.h"
#include "rows.h"

#if HWY_ONCE

namespace strata {
namespace {

// Tiles that one thread takes together: while it works on one, the next one's rows are prefetched.
constexpr ptrdiff_t kSpan = 4;
// States of one pass over the head: about so many, so that a tile's logits stay in the second-level cache.
constexpr ptrdiff_t kPassRows = 1000;

HWY_EXPORT(Transform);
HWY_EXPORT(Weigh);
HWY_EXPORT(Reduce);
HWY_EXPORT(TileMaximum);
HWY_EXPORT(CountGreater);
HWY_EXPORT(NextAtLeast);

// Sum of exp(x - maximum) over the tokens of a tile that are marked, in their order.
double MarkedSum(const uint8_t *marks, const float *weights, ptrdiff_t count) {
  double sum = 0;
  for (ptrdiff_t i = 0; i < count; ++i) {
    if (marks[i] != 0) sum += weights[i];
  }
  return sum;
}

// The k best tokens seen by one thread for one state, best first; ties by smaller id.
struct Best {
  int32_t *ids;
  float *logits;
  int32_t *count;
  int32_t k;

  static bool Before(float a, int32_t a_id, float b, int32_t b_id) { return a > b || (a == b && a_id < b_id); }

  float Bound() const { return *count < k ? -INFINITY : logits[k - 1]; }

  void Insert(int32_t id, float logit) {
    if (*count == k && !Before(logit, id, logits[k - 1], ids[k - 1])) return;
    int32_t at = *count < k ? (*count)++ : k - 1;
    for (; at > 0 && Before(logit, id, logits[at - 1], ids[at - 1]); --at) {
      logits[at] = logits[at - 1];
      ids[at] = ids[at - 1];
    }
    logits[at] = logit;
    ids[at] = id;
  }
};

// The states of a call in the form that the head reads, and in the form that the update's second product reads.
struct HeadInput {
  Activations states;
  Activations low;  // [rows, rank], not packed: the pool's buffer holds one kind at a time
};

// down x of all states, where the head has an update.
std::vector<float> LowStates(strata_pool &pool, const strata_head &head, const float *states, ptrdiff_t rows) {
  if (head.update == nullptr) return {};
  const strata_matrix &down = head.update->down;
  std::vector<float> low(static_cast<size_t>(rows * down.rows));
  strata_multiply(&pool, states, head.matrix.columns, rows, &down, nullptr, low.data(), down.rows);
  return low;
}

Activations LowInput(const strata_head &head, const std::vector<float> &low, ptrdiff_t rows) {
  if (head.update == nullptr) return {};
  const ptrdiff_t rank = head.update->down.rows;
  return {low.data(), rank, rows, rank, nullptr};
}

// The scratch memory of one thread for its tiles.
struct Workspace {
  Buffer logits;               // [rows, kTile]
  Buffer change;               // [rows, kTile], where the head has an update
  std::vector<float> maxima;   // [rows]
  std::vector<int32_t> top_ids, top_count;
  std::vector<float> top_logits;
  std::vector<int64_t> greater;
};

// Logits of `count` <= kTile rows of the head; `change` is for the update's share of them. The thread takes `following` rows
// after these next.
void LogitsOfTile(const strata_head &head, const HeadInput &input, ptrdiff_t first, ptrdiff_t count, Buffer &change,
                  float *logits, ptrdiff_t ld, ptrdiff_t following = 0) {
  const ptrdiff_t rows = input.states.count;
  MultiplyRows(head.matrix, first, count, input.states, head.bias != nullptr ? head.bias + first : nullptr, logits, ld,
               following);
  if (head.scales != nullptr) {
    for (ptrdiff_t row = 0; row < rows; ++row) {
      for (ptrdiff_t i = 0; i < count; ++i) logits[row * ld + i] *= head.scales[first + i];
    }
  }
  if (const strata_update *update = head.update) {
    float *added = change.Floats(rows * kTile);
    MultiplyRows(update->up, first, count, input.low, update->bias != nullptr ? update->bias + first : nullptr, added,
                 kTile);
    for (ptrdiff_t row = 0; row < rows; ++row) strata_add(logits + row * ld, added + row * kTile, update->scale, count);
  }
  HWY_DYNAMIC_DISPATCH(Transform)(rows, count, head.scale, head.softcap, logits, ld);
}

void WantedLogits(strata_pool &pool, const strata_head &head, const strata_lens_request &request,
                  const std::vector<float> &low, std::vector<Workspace> &work, float *logits) {
  const ptrdiff_t width = head.matrix.columns;
  pool.Run(request.rows, [&](ptrdiff_t row, ptrdiff_t thread) {
    for (int32_t i = request.offsets[row]; i < request.offsets[row + 1]; ++i) {
      HeadInput input = {{request.states + row * width, width, 1, width, nullptr}, LowInput(head, low, 1)};
      if (head.update != nullptr) input.low.rows += row * input.low.stride;
      LogitsOfTile(head, input, request.ids[i], 1, work[static_cast<size_t>(thread)].change, logits + i, 1);
    }
  });
}

// Adds tile `tile` of the head to the results; the thread goes on to tile `last`, not included.
void ReduceTile(const strata_head &head, const strata_lens_request &request, const HeadInput &input,
                const strata_lens_result &result, ptrdiff_t tile, ptrdiff_t last, Workspace &work, Partial *partials,
                double *marked) {
  const ptrdiff_t first = tile * kTile;
  const ptrdiff_t count = std::min(kTile, head.matrix.rows - first);
  float *logits = work.logits.Floats(request.rows * kTile);
  LogitsOfTile(head, input, first, count, work.change, logits, kTile, std::min(last * kTile, head.matrix.rows) - first - count);
  const auto weigh = HWY_DYNAMIC_DISPATCH(Weigh);
  const auto reduce = HWY_DYNAMIC_DISPATCH(Reduce);
  const auto maximum = HWY_DYNAMIC_DISPATCH(TileMaximum);
  const auto greater = HWY_DYNAMIC_DISPATCH(CountGreater);
  const auto next = HWY_DYNAMIC_DISPATCH(NextAtLeast);
  for (ptrdiff_t row = 0; row < request.rows; ++row) {
    float *x = logits + row * kTile;
    std::fill(x + count, x + kTile, -INFINITY);
    work.maxima[row] = maximum(x);
  }
  // States with the same reference are adjacent, so its weights are computed once for all of them.
  float likely[kTile];
  ptrdiff_t weighed = -1;
  for (ptrdiff_t row = 0; row < request.rows; ++row) {
    const float *x = logits + row * kTile;
    const ptrdiff_t reference = request.reference[row];
    if (reference != weighed) weigh(logits + reference * kTile, work.maxima[reference], count, likely);
    weighed = reference;
    partials[row] = reduce(x, work.maxima[row], logits + reference * kTile, likely, count);
    if (request.marks != nullptr) {
      float weights[kTile];
      weigh(x, work.maxima[row], count, weights);
      marked[row] = MarkedSum(request.marks + first, weights, count);
    }
    for (int32_t i = request.offsets[row]; i < request.offsets[row + 1]; ++i) {
      work.greater[i] += greater(x, count, result.logits[i]);
    }
    Best best{work.top_ids.data() + row * request.top, work.top_logits.data() + row * request.top,
              work.top_count.data() + row, request.top};
    if (request.top == 0 || work.maxima[row] < best.Bound()) continue;
    for (ptrdiff_t i = next(x, 0, best.Bound()); i < count; i = next(x, i + 1, best.Bound())) {
      best.Insert(static_cast<int32_t>(first + i), x[i]);
    }
  }
}

void Merge(const strata_lens_request &request, const strata_lens_result &result, ptrdiff_t row,
           const std::vector<Partial> &partials, const std::vector<double> &marked, ptrdiff_t tiles) {
  const ptrdiff_t reference = request.reference[row];
  double maximum = -INFINITY;
  double top = -INFINITY;
  for (ptrdiff_t t = 0; t < tiles; ++t) {
    maximum = std::max(maximum, static_cast<double>(partials[t * request.rows + row].maximum));
    top = std::max(top, static_cast<double>(partials[t * request.rows + reference].maximum));
  }
  double sum = 0, weighted = 0, crossed = 0;
  double reference_sum = 0, marked_sum = 0;
  for (ptrdiff_t t = 0; t < tiles; ++t) {
    const Partial &own = partials[t * request.rows + row];
    const Partial &other = partials[t * request.rows + reference];
    const double scale = std::exp(own.maximum - maximum);
    sum += scale * own.sum;
    if (request.marks != nullptr) marked_sum += scale * marked[static_cast<size_t>(t * request.rows + row)];
    weighted += scale * (own.weighted + (own.maximum - maximum) * own.sum);
    const double reference_scale = std::exp(other.maximum - top);
    reference_sum += reference_scale * other.sum;
    crossed += reference_scale * own.crossed;
  }
  // exp of NaN is 0 in the vector kernel, but NaN times 0 is NaN again.
  const double log_sum = std::isnan(weighted) ? NAN : maximum + std::log(sum);
  result.log_sum_exp[row] = log_sum;
  if (request.marks != nullptr) result.marked[row] = maximum + std::log(marked_sum) - log_sum;
  result.entropy[row] = std::log(sum) - weighted / sum;
  result.divergence[row] =
      row == reference ? 0 : crossed / reference_sum - (top + std::log(reference_sum)) + log_sum;
}

// One pass over the head with all states of a request.
void Pass(strata_pool &pool, const strata_head &head, const strata_lens_request &request, const strata_lens_result &result) {
  const ptrdiff_t rows = request.rows;
  const ptrdiff_t tiles = (head.matrix.rows + kTile - 1) / kTile;
  std::vector<Partial> partials(static_cast<size_t>(tiles * rows));
  std::vector<double> marked(request.marks != nullptr ? static_cast<size_t>(tiles * rows) : 0);
  std::vector<Workspace> work(static_cast<size_t>(pool.threads()));
  const std::vector<float> low = LowStates(pool, head, request.states, rows);
  for (Workspace &w : work) {
    w.logits.Floats(rows * kTile);
    if (head.update != nullptr) w.change.Floats(rows * kTile);
    w.maxima.resize(static_cast<size_t>(rows));
    w.top_ids.resize(static_cast<size_t>(rows * request.top));
    w.top_logits.resize(static_cast<size_t>(rows * request.top));
    w.top_count.resize(static_cast<size_t>(rows));
    w.greater.resize(static_cast<size_t>(request.offsets[rows]));
  }
  WantedLogits(pool, head, request, low, work, result.logits);
  const HeadInput input = {TakeUp(pool, request.states, head.matrix.columns, rows, head.matrix), LowInput(head, low, rows)};
  pool.Run((tiles + kSpan - 1) / kSpan, [&](ptrdiff_t span, ptrdiff_t thread) {
    const ptrdiff_t last = std::min(tiles, (span + 1) * kSpan);
    for (ptrdiff_t tile = span * kSpan; tile < last; ++tile) {
      ReduceTile(head, request, input, result, tile, last, work[static_cast<size_t>(thread)], partials.data() + tile * rows,
                 request.marks != nullptr ? marked.data() + tile * rows : nullptr);
    }
  });
  pool.Run(rows, [&](ptrdiff_t row, ptrdiff_t) {
    Merge(request, result, row, partials, marked, tiles);
    int32_t count = 0;
    Best best{result.top_ids + row * request.top, result.top_logits + row * request.top, &count, request.top};
    for (const Workspace &w : work) {
      for (int32_t i = 0; i < w.top_count[static_cast<size_t>(row)]; ++i) {
        best.Insert(w.top_ids[static_cast<size_t>(row * request.top + i)],
                    w.top_logits[static_cast<size_t>(row * request.top + i)]);
      }
    }
    for (int32_t i = request.offsets[row]; i < request.offsets[row + 1]; ++i) {
      result.greater[i] = 0;
      for (const Workspace &w : work) result.greater[i] += w.greater[static_cast<size_t>(i)];
    }
  });
}

// The ends of the passes: about equal numbers of states, and every state with its reference.
std::vector<ptrdiff_t> PassEnds(const strata_lens_request &request) {
  const ptrdiff_t rows = request.rows, passes = std::max<ptrdiff_t>(1, (rows + kPassRows / 2) / kPassRows);
  // The least reference of a state and of all after it.
  std::vector<int32_t> least(request.reference, request.reference + rows);
  for (ptrdiff_t row = rows - 1; row > 0; --row) least[row - 1] = std::min(least[row - 1], least[row]);
  std::vector<ptrdiff_t> ends;
  ptrdiff_t reached = 0;
  for (ptrdiff_t row = 0; row < rows; ++row) {
    reached = std::max<ptrdiff_t>({reached, row + 1, request.reference[row] + 1});
    const bool whole = reached == row + 1 && (row + 1 == rows || least[row + 1] > row);
    const ptrdiff_t wanted = rows * (static_cast<ptrdiff_t>(ends.size()) + 1) / passes;
    if (row + 1 == rows || (whole && row + 1 >= wanted)) ends.push_back(row + 1);
  }
  return ends;
}

void Lens(strata_pool &pool, const strata_head &head, const strata_lens_request &request,
          const strata_lens_result &result) {
  ptrdiff_t first = 0;
  for (const ptrdiff_t end : PassEnds(request)) {
    // Wanted tokens keep their places: offsets count from the first state of the request.
    strata_lens_request own = request;
    strata_lens_result found = result;
    std::vector<int32_t> reference(request.reference + first, request.reference + end);
    for (int32_t &row : reference) row -= static_cast<int32_t>(first);
    own.states += first * head.matrix.columns;
    own.rows = end - first;
    own.reference = reference.data();
    own.offsets += first;
    found.top_ids += first * request.top;
    found.top_logits += first * request.top;
    found.log_sum_exp += first;
    found.entropy += first;
    found.divergence += first;
    if (found.marked != nullptr) found.marked += first;
    Pass(pool, head, own, found);
    first = end;
  }
}

void Logits(strata_pool &pool, const strata_head &head, const float *states, ptrdiff_t rows, float *logits) {
  const ptrdiff_t vocabulary = head.matrix.rows;
  const std::vector<float> low = LowStates(pool, head, states, rows);
  std::vector<Buffer> change(static_cast<size_t>(pool.threads()));
  const HeadInput input = {TakeUp(pool, states, head.matrix.columns, rows, head.matrix), LowInput(head, low, rows)};
  pool.Run((vocabulary + kTile - 1) / kTile, [&](ptrdiff_t tile, ptrdiff_t thread) {
    const ptrdiff_t first = tile * kTile;
    LogitsOfTile(head, input, first, std::min(kTile, vocabulary - first), change[static_cast<size_t>(thread)],
                 logits + first, vocabulary);
  });
}

}  // namespace
}  // namespace strata

void strata_logits(strata_pool *pool, const strata_head *head, const float *states, ptrdiff_t rows, float *logits) {
  strata::Logits(*pool, *head, states, rows, logits);
}

int32_t strata_lens(strata_pool *pool, const strata_head *head, const strata_lens_request *request,
                    const strata_lens_result *result) {
  try {
    strata::Lens(*pool, *head, *request, *result);
    return 0;
  } catch (const std::bad_alloc &) {
    return 1;
  }
}

#endif
