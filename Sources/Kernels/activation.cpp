// Activations, rotations and sums along a vector.
#include "exact.h"

#include <hwy/base.h>

#include <cmath>
#include <cstddef>
#include <vector>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "activation.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>
#include <hwy/contrib/math/math-inl.h>

#include "include/strata_kernels.h"
#include "map-inl.h"

HWY_BEFORE_NAMESPACE();
namespace strata {
namespace HWY_NAMESPACE {
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

void Relu(float *x, const float *gated, ptrdiff_t count) {
  Map(x, gated, count, [](auto d, auto v) HWY_ATTR { return hn::Max(v, hn::Zero(d)); });
}

void XIELU(float *x, const float *gated, float positive, float negative, float beta, float epsilon, ptrdiff_t count) {
  Map(x, gated, count, [=](auto d, auto v) HWY_ATTR {
    const auto line = hn::Mul(hn::Set(d, beta), v);
    const auto above = hn::Add(hn::Mul(hn::Mul(hn::Set(d, positive), v), v), line);
    const auto curve = hn::Sub(hn::Expm1(d, hn::Min(v, hn::Set(d, epsilon))), v);
    const auto below = hn::Add(hn::Mul(curve, hn::Set(d, negative)), line);
    return hn::IfThenElse(hn::Gt(v, hn::Zero(d)), above, below);
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
HWY_EXPORT(Relu);
HWY_EXPORT(XIELU);

// x = f(x) * gated, one value at a time: for functions that Highway does not have, or that few models use.
template <class Function>
void MapPlain(float *x, const float *gated, ptrdiff_t count, Function function) {
  for (ptrdiff_t i = 0; i < count; ++i) {
    const float value = function(x[i]);
    x[i] = gated != nullptr ? value * gated[i] : value;
  }
}

float GeluErf(float x) { return 0.5f * x * (1.0f + std::erf(x * 0.70710678118654752f)); }

float Sigmoid(float x) { return 1.0f / (1.0f + std::exp(-x)); }

// As in torch: beyond 20, ln(1 + e^x) is x.
float Softplus(float x) { return x > 20.0f ? x : std::log1p(std::exp(x)); }

// Written so that NaN stays NaN.
float Hold(float x, float least, float most) { return x < least ? least : (x > most ? most : x); }

void Activate(strata_activation function, float *x, const float *gated, ptrdiff_t count) {
  const auto plain = [&](auto f) { MapPlain(x, gated, count, f); };
  switch (function) {
    case strata_activation_silu: HWY_DYNAMIC_DISPATCH(Silu)(x, gated, count); break;
    case strata_activation_gelu_tanh: HWY_DYNAMIC_DISPATCH(GeluTanh)(x, gated, count); break;
    case strata_activation_gelu: plain(GeluErf); break;
    case strata_activation_relu: HWY_DYNAMIC_DISPATCH(Relu)(x, gated, count); break;
    case strata_activation_leaky_relu: plain([](float v) { return v > 0.0f ? v : 0.01f * v; }); break;
    case strata_activation_relu6: plain([](float v) { return Hold(v, 0.0f, 6.0f); }); break;
    case strata_activation_relu_squared: plain([](float v) { return v > 0.0f ? v * v : (v != v ? v : 0.0f); }); break;
    case strata_activation_sigmoid: plain(Sigmoid); break;
    case strata_activation_tanh: plain([](float v) { return std::tanh(v); }); break;
    case strata_activation_linear: plain([](float v) { return v; }); break;
    case strata_activation_gelu_clipped: plain([](float v) { return Hold(GeluErf(v), -10.0f, 10.0f); }); break;
    case strata_activation_gelu_quick: plain([](float v) { return v * Sigmoid(1.702f * v); }); break;
    case strata_activation_mish: plain([](float v) { return v * std::tanh(Softplus(v)); }); break;
    case strata_activation_hardswish: plain([](float v) { return v * Hold(v + 3.0f, 0.0f, 6.0f) / 6.0f; }); break;
    case strata_activation_laplace:
      plain([](float v) { return 0.5f * (1.0f + std::erf((v - 0.707107f) / (0.282095f * 1.41421356237309505f))); });
      break;
    case strata_activation_sqrt_softplus: plain([](float v) { return std::sqrt(Softplus(v)); }); break;
    case strata_activation_softplus: plain(Softplus); break;
  }
}

}  // namespace
}  // namespace strata

void strata_activate(strata_activation function, float *x, const float *gated, ptrdiff_t count) {
  strata::Activate(function, x, gated, count);
}

void strata_xielu(float *x, const float *gated, float positive, float negative, float beta, float epsilon,
                  ptrdiff_t count) {
  using namespace strata;
  HWY_DYNAMIC_DISPATCH(XIELU)(x, gated, positive, negative, beta, epsilon, count);
}

void strata_add(float *a, const float *b, float scale, ptrdiff_t count) {
  if (scale == 1.0f) {
    for (ptrdiff_t i = 0; i < count; ++i) a[i] += b[i];
  } else {
    for (ptrdiff_t i = 0; i < count; ++i) a[i] += scale * b[i];
  }
}

void strata_clip(float *x, float least, float most, ptrdiff_t count) {
  for (ptrdiff_t i = 0; i < count; ++i) x[i] = strata::Hold(x[i], least, most);
}

void strata_offset(float *x, float offset, ptrdiff_t count) {
  for (ptrdiff_t i = 0; i < count; ++i) x[i] += offset;
}

void strata_separate(float *x, float *even, ptrdiff_t count) {
  for (ptrdiff_t i = 0; i < count; ++i) {
    even[i] = x[2 * i];
    x[i] = x[2 * i + 1];
  }
}

void strata_rotate(float *x, ptrdiff_t heads, ptrdiff_t head_width, ptrdiff_t half, int32_t adjacent,
                   const float *cosines, const float *sines) {
  const ptrdiff_t step = adjacent != 0 ? 2 : 1;
  const ptrdiff_t partner = adjacent != 0 ? 1 : half;
  for (ptrdiff_t h = 0; h < heads; ++h) {
    float *head = x + h * head_width;
    for (ptrdiff_t i = 0; i < half; ++i) {
      const float a = head[i * step];
      const float b = head[i * step + partner];
      head[i * step] = a * cosines[i] - b * sines[i];
      head[i * step + partner] = b * cosines[i] + a * sines[i];
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
