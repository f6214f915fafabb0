// dl_iterate_phdr(3) under a name of our own: <link.h> shows it only with _GNU_SOURCE, which changes what other system
// headers declare and so breaks the modules that were made of them.
#pragma once

/// The beginning of struct dl_phdr_info.
struct loaded_library {
  unsigned long address;
  const char *path;
};

/// Calls back for every library of this process until one call does not return 0.
int loaded_libraries(int (*visit)(struct loaded_library *library, unsigned long size, void *data), void *data)
    __asm__("dl_iterate_phdr");
