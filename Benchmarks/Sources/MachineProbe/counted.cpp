// A call that a tool can tell from everything around it: Benchmarks/instructions.py counts the instructions inside.
#include "machine_probe.h"

extern "C" __attribute__((noinline, used)) void counted_call(void (*body)(void *), void *context) {
  body(context);
  // Keeps the call from becoming a jump that never comes back here.
  __asm__ volatile("" ::: "memory");
}
