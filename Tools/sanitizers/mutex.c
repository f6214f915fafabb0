// What ThreadSanitizer has to know of Swift's Mutex; preloaded by Tools/sanitize.sh.
//
// On Linux a mutex that no other thread wants is locked and unlocked by atomic operations in the caller, which the sanitizer sees.
// Everything else happens in libswiftSynchronization, which is not instrumented: without these, every list behind a mutex would be
// reported. Which calls these are was read off the symbols and the machine code of a program compiled with Swift 6.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdint.h>
#include <stdlib.h>

#define SWIFT __attribute__((swiftcall))
#define SELF __attribute__((swift_context))
#define LOCK "$s15Synchronization12_MutexHandleV9_lockSlowyys6UInt32VF"
#define UNLOCK "$s15Synchronization12_MutexHandleV11_unlockSlowyyF"
#define TRY "$s15Synchronization12_MutexHandleV12_tryLockSlowSbyF"

extern void __tsan_acquire(void *address);
extern void __tsan_release(void *address);

typedef SWIFT void (*Lock)(uint32_t, SELF void *);
typedef SWIFT void (*Unlock)(SELF void *);
typedef SWIFT _Bool (*Try)(SELF void *);

SWIFT void lock_slow(uint32_t state, SELF void *handle) __asm__(LOCK);
SWIFT void unlock_slow(SELF void *handle) __asm__(UNLOCK);
SWIFT _Bool try_slow(SELF void *handle) __asm__(TRY);

static void *original(const char *name) {
  void *found = dlsym(RTLD_NEXT, name);
  if (!found) abort();
  return found;
}

SWIFT void lock_slow(uint32_t state, SELF void *handle) {
  ((Lock)original(LOCK))(state, handle);
  __tsan_acquire(handle);
}

SWIFT void unlock_slow(SELF void *handle) {
  __tsan_release(handle);
  ((Unlock)original(UNLOCK))(handle);
}

SWIFT _Bool try_slow(SELF void *handle) {
  _Bool locked = ((Try)original(TRY))(handle);
  if (locked) __tsan_acquire(handle);
  return locked;
}
