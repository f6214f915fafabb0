// Activations, rotations and sums along a vector.
#include <hwy/base.h>

#include <cstddef>
#include <vector>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "activation.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>
#include <hwy/contrib/math/math-inl.h>

#include "include/strata_kernels.h"

HWY_BEFORE_NAMESPACE();
namespace strata {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

// x = f(x) * gated for whole registers; the last few values go through a padded register, so that a value's result
// does not depend on where in the vector it stands.
template <class Function>
HWY_INLINE void Map(float *x, const float *gated, ptrdiff_t count, Function function) {
  const hn::CappedTag<float, 16> d;
  const ptrdiff_t lanes = static_cast<ptrdiff_t>(hn::Lanes(d));
  ptrdiff_t i = 0;
  for (; i + lanes <= count; i += lanes) {
    auto v = function(d, hn::LoadU(d, x + i));
    if (gated != nullptr) v = hn::Mul(v, hn::LoadU(d, gated + i));
    hn::StoreU(v, d, x + i);
  }
  if (i == count) return;
  float in[16] = {};
  float gate[16] = {};
  for (ptrdiff_t j = i; j < count; ++j) {
    in[j - i] = x[j];
    gate[j - i] = gated != nullptr ? gated[j] : 1.0f;
  }
  hn::StoreU(hn::Mul(function(d, hn::LoadU(d, in)), hn::LoadU(d, gate)), d, in);
  for (ptrdiff_t j = i; j < count; ++j) x[j] = in[j - i];
}

void Silu(float *x, const float *gated, ptrdiff_t count) {
  Map(x, gated, count, [](auto d, auto v) HWY_ATTR {
    const auto one = hn::Set(d, 1.0f);
    return hn::Div(v, hn::Add(one, hn::Exp(d, hn::Neg(v))));
  });
}

void GeluTanh(float *x, const float *gated, ptrdiff_t count) {
  Map(x, gated, count, [](auto d, auto v) HWY_ATTR {
    const auto cube = hn::Mul(hn::Mul(v, v), v);
    const auto inner = hn::Mul(hn::Set(d, 0.7978845608028654f), hn::MulAdd(hn::Set(d, 0.044715f), cube, v));
    return hn::Mul(hn::Mul(hn::Set(d, 0.5f), v), hn::Add(hn::Set(d, 1.0f), hn::Tanh(d, inner)));
  });
}

}  // namespace HWY_NAMESPACE
}  // namespace strata
HWY_AFTER_NAMESPACE();

#if HWY_ONCE

namespace strata {
namespace {

HWY_EXPORT(Silu);
HWY_EXPORT(GeluTanh);

void Activate(strata_activation function, float *x, const float *gated, ptrdiff_t count) {
  switch (function) {
    case strata_activation_silu: HWY_DYNAMIC_DISPATCH(Silu)(x, gated, count); break;
    case strata_activation_gelu_tanh: HWY_DYNAMIC_DISPATCH(GeluTanh)(x, gated, count); break;
  }
}

}  // namespace
}  // namespace strata

void strata_activate(strata_activation function, float *x, const float *gated, ptrdiff_t count) {
  strata::Activate(function, x, gated, count);
}

void strata_add(float *a, const float *b, ptrdiff_t count) {
  for (ptrdiff_t i = 0; i < count; ++i) a[i] += b[i];
}

void strata_rotate(float *x, ptrdiff_t heads, ptrdiff_t head_width, ptrdiff_t half, const float *cosines,
                   const float *sines) {
  for (ptrdiff_t h = 0; h < heads; ++h) {
    float *head = x + h * head_width;
    for (ptrdiff_t i = 0; i < half; ++i) {
      const float a = head[i];
      const float b = head[i + half];
      head[i] = a * cosines[i] - b * sines[i];
      head[i + half] = b * cosines[i] + a * sines[i];
    }
  }
}

void strata_unpermute(float *x, ptrdiff_t heads, ptrdiff_t head_width) {
  const ptrdiff_t half = head_width / 2;
  std::vector<float> upper(static_cast<size_t>(half));
  for (ptrdiff_t h = 0; h < heads; ++h) {
    float *head = x + h * head_width;
    for (ptrdiff_t i = 0; i < half; ++i) upper[i] = head[2 * i + 1];
    for (ptrdiff_t i = 0; i < half; ++i) head[i] = head[2 * i];
    for (ptrdiff_t i = 0; i < half; ++i) head[half + i] = upper[i];
  }
}

#endif
