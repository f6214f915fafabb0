// Layers with a state: short causal convolutions and scans, token by token in the order of the text.
//
// Every value of a state belongs to one column, and a column is computed from its own past alone. So a scan of many tokens gives
// the bytes of as many steps of one token, and columns can be spread over registers and threads.
#include "exact.h"

#include <hwy/base.h>

#include <algorithm>
#include <cmath>
#include <cstring>

#include "include/strata_kernels.h"

#ifndef STRATA_RECURRENT_COLUMNS
#define STRATA_RECURRENT_COLUMNS
namespace strata {

// Columns of one task of a convolution, of a scan of channels, and of a scan of heads: the state of a tile stays in the cache
// during a pass over the tokens.
constexpr ptrdiff_t kConvolved = 512;
constexpr ptrdiff_t kChannels = 64;
constexpr ptrdiff_t kHeadColumns = 32;

}  // namespace strata
#endif

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "recurrent.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>
#include <hwy/contrib/math/math-inl.h>

#include "fold-inl.h"
#include "pool.h"

HWY_BEFORE_NAMESPACE();
namespace strata {
namespace HWY_NAMESPACE {

// Registers of a tile of heads.
constexpr int kTile = static_cast<int>(kHeadColumns / kLanes);

// The channels of a register, and how many of them there are.
struct Span {
  ptrdiff_t first;
  size_t lanes;
};

HWY_INLINE SumVector Take(const float *values, Span span) {
  const SumTag d;
  const float *from = values + span.first;
  if (span.lanes == static_cast<size_t>(kLanes)) return hn::LoadU(d, from);
  HWY_ALIGN float padded[kLanes] = {};
  std::memcpy(padded, from, span.lanes * sizeof(float));
  return hn::Load(d, padded);
}

HWY_INLINE void Put(SumVector vector, float *values, Span span) {
  const SumTag d;
  if (span.lanes == static_cast<size_t>(kLanes)) {
    hn::StoreU(vector, d, values + span.first);
  } else {
    HWY_ALIGN float padded[kLanes];
    hn::Store(vector, d, padded);
    std::memcpy(values + span.first, padded, span.lanes * sizeof(float));
  }
}

// Calls `body` with the registers that hold channels [first, end).
template <class Body>
HWY_INLINE void EachSpan(ptrdiff_t first, ptrdiff_t end, Body body) {
  for (ptrdiff_t c = first; c < end; c += kLanes) body(Span{c, static_cast<size_t>(std::min(kLanes, end - c))});
}

// One text's channels [first, end).
void Convolve(const strata_convolution_row &row, const strata_convolution &how, ptrdiff_t first, ptrdiff_t end) {
  const SumTag d;
  const ptrdiff_t past = how.kernel - 1;
  EachSpan(first, end, [&](Span span) HWY_ATTR {
    for (ptrdiff_t t = 0; t < row.tokens; ++t) {
      SumVector sum = how.bias != nullptr ? Take(how.bias, span) : hn::Zero(d);
      for (ptrdiff_t j = 0; j < how.kernel; ++j) {
        const ptrdiff_t source = t + j - past;
        const float *input = source < 0 ? row.past + (past + source) * how.channels : row.input + source * row.input_stride;
        sum = hn::MulAdd(Take(how.weights + j * how.channels, span), Take(input, span), sum);
      }
      Put(sum, row.output + t * row.output_stride, span);
    }
    for (ptrdiff_t j = 0; j < past; ++j) {
      const ptrdiff_t source = row.tokens + j - past;
      const float *input = source < 0 ? row.past + (past + source) * how.channels : row.input + source * row.input_stride;
      Put(Take(input, span), row.past + j * how.channels, span);
    }
  });
}

// One text's channels [first, end).
void ScanChannels(const strata_channel_row &row, const strata_channel_scan &how, ptrdiff_t first, ptrdiff_t end) {
  const SumTag d;
  EachSpan(first, end, [&](Span span) HWY_ATTR {
    for (ptrdiff_t t = 0; t < row.tokens; ++t) {
      const SumVector step = Take(row.steps + t * row.step_stride, span);
      const SumVector value = Take(row.values + t * row.value_stride, span);
      const SumVector written = hn::Mul(step, value);
      const float *keys = row.keys + t * row.key_stride;
      const float *queries = row.queries + t * row.key_stride;
      SumVector sum = hn::Zero(d);
      for (ptrdiff_t n = 0; n < how.states; ++n) {
        float *place = row.state + n * how.channels;
        const SumVector kept = hn::Exp(d, hn::Mul(step, Take(how.decays + n * how.channels, span)));
        const SumVector state = hn::MulAdd(hn::Set(d, keys[n]), written, hn::Mul(kept, Take(place, span)));
        Put(state, place, span);
        sum = hn::MulAdd(hn::Set(d, queries[n]), state, sum);
      }
      if (how.skips != nullptr) sum = hn::MulAdd(Take(how.skips, span), value, sum);
      Put(sum, row.output + t * row.output_stride, span);
    }
  });
}

// One text's channels [first, end).
void ScanKept(const strata_kept_row &row, ptrdiff_t first, ptrdiff_t end) {
  EachSpan(first, end, [&](Span span) HWY_ATTR {
    SumVector state = Take(row.state, span);
    for (ptrdiff_t t = 0; t < row.tokens; ++t) {
      const SumVector kept = Take(row.kept + t * row.kept_stride, span);
      state = hn::MulAdd(kept, state, Take(row.written + t * row.written_stride, span));
      Put(state, row.output + t * row.output_stride, span);
    }
    Put(state, row.state, span);
  });
}

// One head's columns, `spans` of them in registers.
template <int Spans, bool ByKey>
HWY_INLINE void ScanTile(const strata_head_row &row, const strata_head_scan &how, const Span *spans) {
  const SumTag d;
  for (ptrdiff_t t = 0; t < row.tokens; ++t) {
    const float *key = row.key + t * row.stride;
    const float *query = row.query + t * row.stride;
    const float *value = row.value + t * row.stride;
    const float *factors = row.kept + t * row.kept_stride;
    const SumVector kept = hn::Set(d, factors[0]);
    const SumVector strength = hn::Set(d, row.written[t * row.written_stride]);
    SumVector written[Spans];
    SumVector sums[Spans];
    for (int i = 0; i < Spans; ++i) sums[i] = hn::Zero(d);
    if (how.corrects != 0) {
      SumVector known[Spans];
      for (int i = 0; i < Spans; ++i) known[i] = hn::Zero(d);
      for (ptrdiff_t n = 0; n < how.key_width; ++n) {
        float *place = row.state + n * how.value_width;
        const SumVector own = hn::Set(d, key[n]);
        const SumVector factor = ByKey ? hn::Set(d, factors[n]) : kept;
        for (int i = 0; i < Spans; ++i) {
          const SumVector state = hn::Mul(factor, Take(place, spans[i]));
          Put(state, place, spans[i]);
          known[i] = hn::MulAdd(own, state, known[i]);
        }
      }
      for (int i = 0; i < Spans; ++i) written[i] = hn::Mul(strength, hn::Sub(Take(value, spans[i]), known[i]));
      for (ptrdiff_t n = 0; n < how.key_width; ++n) {
        float *place = row.state + n * how.value_width;
        const SumVector own = hn::Set(d, key[n]);
        const SumVector asked = hn::Set(d, query[n]);
        for (int i = 0; i < Spans; ++i) {
          const SumVector state = hn::MulAdd(own, written[i], Take(place, spans[i]));
          Put(state, place, spans[i]);
          sums[i] = hn::MulAdd(asked, state, sums[i]);
        }
      }
    } else {
      for (int i = 0; i < Spans; ++i) written[i] = hn::Mul(strength, Take(value, spans[i]));
      for (ptrdiff_t n = 0; n < how.key_width; ++n) {
        float *place = row.state + n * how.value_width;
        const SumVector own = hn::Set(d, key[n]);
        const SumVector asked = hn::Set(d, query[n]);
        const SumVector factor = ByKey ? hn::Set(d, factors[n]) : kept;
        for (int i = 0; i < Spans; ++i) {
          const SumVector state = hn::MulAdd(own, written[i], hn::Mul(factor, Take(place, spans[i])));
          Put(state, place, spans[i]);
          sums[i] = hn::MulAdd(asked, state, sums[i]);
        }
      }
    }
    float *output = row.output + t * row.output_stride;
    const SumVector skip = hn::Set(d, row.skip);
    for (int i = 0; i < Spans; ++i) {
      Put(row.skip == 0.0f ? sums[i] : hn::MulAdd(skip, Take(value, spans[i]), sums[i]), output, spans[i]);
    }
  }
}

// One head's columns [first, end), at most kHeadColumns.
template <bool ByKey>
HWY_INLINE void ScanColumns(const strata_head_row &row, const strata_head_scan &how, ptrdiff_t first, ptrdiff_t end) {
  if (end - first == kHeadColumns) {
    Span spans[kTile];
    for (int i = 0; i < kTile; ++i) spans[i] = {first + i * kLanes, static_cast<size_t>(kLanes)};
    return ScanTile<kTile, ByKey>(row, how, spans);
  }
  EachSpan(first, end, [&](Span span) HWY_ATTR { ScanTile<1, ByKey>(row, how, &span); });
}

void ScanHead(const strata_head_row &row, const strata_head_scan &how, ptrdiff_t first, ptrdiff_t end) {
  return how.kept_by_key != 0 ? ScanColumns<true>(row, how, first, end) : ScanColumns<false>(row, how, first, end);
}

}  // namespace HWY_NAMESPACE
}  // namespace strata
HWY_AFTER_NAMESPACE();

#if HWY_ONCE

namespace strata {
namespace {

HWY_EXPORT(Convolve);
HWY_EXPORT(ScanChannels);
HWY_EXPORT(ScanHead);
HWY_EXPORT(ScanKept);

// Runs body(row, first, end) for tiles of `columns` columns of every row on all threads.
template <class Body>
void EachTile(strata_pool *pool, ptrdiff_t rows, ptrdiff_t columns, ptrdiff_t tile, const Body &body) {
  const ptrdiff_t tiles = (columns + tile - 1) / tile;
  pool->Run(rows * tiles, [&](ptrdiff_t task, ptrdiff_t) {
    const ptrdiff_t first = task % tiles * tile;
    body(task / tiles, first, std::min(columns, first + tile));
  });
}

void ConvolveRows(strata_pool *pool, const strata_convolution_row *rows, ptrdiff_t count, const strata_convolution *how) {
  EachTile(pool, count, how->channels, kConvolved, [&](ptrdiff_t r, ptrdiff_t first, ptrdiff_t end) {
    HWY_DYNAMIC_DISPATCH(Convolve)(rows[r], *how, first, end);
  });
}

void ScanChannelRows(strata_pool *pool, const strata_channel_row *rows, ptrdiff_t count,
                          const strata_channel_scan *how) {
  EachTile(pool, count, how->channels, kChannels, [&](ptrdiff_t r, ptrdiff_t first, ptrdiff_t end) {
    HWY_DYNAMIC_DISPATCH(ScanChannels)(rows[r], *how, first, end);
  });
}

void ScanHeadRows(strata_pool *pool, const strata_head_row *rows, ptrdiff_t count, const strata_head_scan *how) {
  EachTile(pool, count, how->value_width, kHeadColumns, [&](ptrdiff_t r, ptrdiff_t first, ptrdiff_t end) {
    HWY_DYNAMIC_DISPATCH(ScanHead)(rows[r], *how, first, end);
  });
}

void ScanKeptRows(strata_pool *pool, const strata_kept_row *rows, ptrdiff_t count, ptrdiff_t channels) {
  EachTile(pool, count, channels, kConvolved, [&](ptrdiff_t r, ptrdiff_t first, ptrdiff_t end) {
    HWY_DYNAMIC_DISPATCH(ScanKept)(rows[r], first, end);
  });
}

// As in torch: beyond 20, ln(1 + e^x) is x.
float Softplus(float x) { return x > 20.0f ? x : std::log1p(std::exp(x)); }

}  // namespace
}  // namespace strata

void strata_convolve(strata_pool *pool, const strata_convolution_row *rows, ptrdiff_t count, const strata_convolution *how) {
  strata::ConvolveRows(pool, rows, count, how);
}

void strata_scan_channels(strata_pool *pool, const strata_channel_row *rows, ptrdiff_t count,
                          const strata_channel_scan *how) {
  strata::ScanChannelRows(pool, rows, count, how);
}

void strata_scan_heads(strata_pool *pool, const strata_head_row *rows, ptrdiff_t count, const strata_head_scan *how) {
  strata::ScanHeadRows(pool, rows, count, how);
}

void strata_scan_kept(strata_pool *pool, const strata_kept_row *rows, ptrdiff_t count, ptrdiff_t channels) {
  strata::ScanKeptRows(pool, rows, count, channels);
}

void strata_keep(float *keep, const float *decays, float *written, int32_t is_first, ptrdiff_t count) {
  for (ptrdiff_t i = 0; i < count; ++i) {
    const float exponent = keep[i] * decays[i];
    keep[i] = std::exp(exponent);
    if (is_first == 0) written[i] *= std::sqrt(1.0f - std::exp(2.0f * exponent));
  }
}

void strata_steps(float *x, const float *bias, float least, float most, ptrdiff_t count) {
  for (ptrdiff_t i = 0; i < count; ++i) {
    const float step = strata::Softplus(bias != nullptr ? x[i] + bias[i] : x[i]);
    x[i] = step < least ? least : (step > most ? most : step);
  }
}

void strata_decays(const float *steps, const float *rates, float *kept, ptrdiff_t count) {
  for (ptrdiff_t i = 0; i < count; ++i) kept[i] = std::exp(steps[i] * rates[i]);
}

void strata_unit_norm(float *x, ptrdiff_t heads, ptrdiff_t width, float epsilon, float scale) {
  for (ptrdiff_t h = 0; h < heads; ++h) {
    float *head = x + h * width;
    double squares = 0;
    for (ptrdiff_t i = 0; i < width; ++i) squares += static_cast<double>(head[i]) * head[i];
    const float inverse = static_cast<float>(1.0 / std::sqrt(squares + epsilon));
    for (ptrdiff_t i = 0; i < width; ++i) head[i] = (head[i] * inverse) * scale;
  }
}

#endif
