// libcurl is opened by name when a model is fetched: it and what it needs are a quarter of all libraries, and most commands use none.
//
// curl_easy_setopt and curl_easy_getinfo take any type, which Swift cannot call: one function for each type that is used.
#pragma once

#include <curl/curl.h>
#include <dlfcn.h>
#include <stddef.h>

/// The functions of libcurl that are used, with the types that its header gives them.
struct strata_curl {
  __typeof__(curl_global_init) *global_init;
  __typeof__(curl_easy_init) *easy_init;
  __typeof__(curl_easy_perform) *easy_perform;
  __typeof__(curl_easy_cleanup) *easy_cleanup;
  __typeof__(curl_easy_strerror) *easy_strerror;
  __typeof__(curl_slist_append) *slist_append;
  __typeof__(curl_slist_free_all) *slist_free_all;
  void *easy_setopt;
  void *easy_getinfo;
};

/// Fills in all functions; NULL, or what is missing in the words of dlerror(3), valid until the next call of it.
static inline const char *strata_curl_open(const char *name, struct strata_curl *curl) {
  void *library = dlopen(name, RTLD_NOW | RTLD_LOCAL);
  if (library == NULL) return dlerror();
  const struct {
    const char *name;
    void **function;
  } functions[] = {
      {"curl_global_init", (void **)&curl->global_init},     {"curl_easy_init", (void **)&curl->easy_init},
      {"curl_easy_perform", (void **)&curl->easy_perform},   {"curl_easy_cleanup", (void **)&curl->easy_cleanup},
      {"curl_easy_strerror", (void **)&curl->easy_strerror}, {"curl_slist_append", (void **)&curl->slist_append},
      {"curl_slist_free_all", (void **)&curl->slist_free_all}, {"curl_easy_setopt", &curl->easy_setopt},
      {"curl_easy_getinfo", &curl->easy_getinfo},
  };
  for (size_t i = 0; i < sizeof functions / sizeof functions[0]; ++i) {
    *functions[i].function = dlsym(library, functions[i].name);
    if (*functions[i].function == NULL) return dlerror();
  }
  return NULL;
}

typedef CURLcode (*strata_curl_setter)(CURL *handle, CURLoption option, ...);
typedef CURLcode (*strata_curl_getter)(CURL *handle, CURLINFO info, ...);

static inline CURLcode strata_curl_set_text(const struct strata_curl *curl, CURL *handle, CURLoption option, const char *value) {
  return ((strata_curl_setter)curl->easy_setopt)(handle, option, value);
}

static inline CURLcode strata_curl_set_number(const struct strata_curl *curl, CURL *handle, CURLoption option, long value) {
  return ((strata_curl_setter)curl->easy_setopt)(handle, option, value);
}

static inline CURLcode strata_curl_set_list(
    const struct strata_curl *curl, CURL *handle, CURLoption option, struct curl_slist *value) {
  return ((strata_curl_setter)curl->easy_setopt)(handle, option, value);
}

typedef size_t (*strata_curl_receiver)(char *bytes, size_t size, size_t count, void *context);

static inline CURLcode strata_curl_set_receivers(
    const struct strata_curl *curl, CURL *handle, strata_curl_receiver body, strata_curl_receiver head, void *context) {
  const strata_curl_setter set = (strata_curl_setter)curl->easy_setopt;
  set(handle, CURLOPT_WRITEFUNCTION, body);
  set(handle, CURLOPT_WRITEDATA, context);
  set(handle, CURLOPT_HEADERFUNCTION, head);
  return set(handle, CURLOPT_HEADERDATA, context);
}

static inline long strata_curl_get_number(const struct strata_curl *curl, CURL *handle, CURLINFO info) {
  long value = 0;
  ((strata_curl_getter)curl->easy_getinfo)(handle, info, &value);
  return value;
}
