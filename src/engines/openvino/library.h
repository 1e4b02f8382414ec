// libopenvino_c, found and loaded at run time.
#pragma once

#include <openvino/c/openvino.h>

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include "martlet/status.h"

// The functions of the C API that martlet calls; each is found by its name.
#define MARTLET_OPENVINO_FUNCTIONS(use)                                                            \
  use(ov_core_create) use(ov_core_free) use(ov_core_read_model                                     \
  ) use(ov_core_read_model_from_memory_buffer) use(ov_core_compile_model) use(ov_core_set_property \
  ) use(ov_get_openvino_version) use(ov_version_free) use(ov_model_free)                           \
      use(ov_compiled_model_free) use(ov_compiled_model_inputs_size)                               \
          use(ov_compiled_model_outputs_size) use(ov_compiled_model_input_by_index)                \
              use(ov_compiled_model_output_by_index) use(ov_compiled_model_create_infer_request)   \
                  use(ov_infer_request_set_input_tensor_by_index)                                  \
                      use(ov_infer_request_get_output_tensor_by_index) use(ov_infer_request_infer) \
                          use(ov_infer_request_free) use(ov_tensor_create)                         \
                              use(ov_tensor_create_from_host_ptr) use(ov_tensor_get_shape)         \
                                  use(ov_tensor_get_element_type) use(ov_tensor_data)              \
                                      use(ov_tensor_get_byte_size) use(ov_tensor_free)             \
                                          use(ov_port_get_any_name) use(ov_port_get_partial_shape) \
                                              use(ov_port_get_element_type)                        \
                                                  use(ov_output_const_port_free)                   \
                                                      use(ov_partial_shape_free)                   \
                                                          use(ov_shape_free) use(ov_free)          \
                                                              use(ov_get_last_err_msg)

namespace martlet {

struct OpenVinoApi {
#define MARTLET_DECLARE(name) decltype(&::name) name = nullptr;
  MARTLET_OPENVINO_FUNCTIONS(MARTLET_DECLARE)
#undef MARTLET_DECLARE
};

struct OpenVino {
  OpenVinoApi api;
  std::string version;  // "2026.4.1-..."
  std::filesystem::path path;
};

/// The library, loaded once a process; kUnavailable with what to install where there is none.
const Result<OpenVino>& open_vino();

/// Of an API call. OpenVINO's message, on one line; `failure` is what it is to the user.
Status take_status(
    const OpenVinoApi& api, ov_status_e status, StatusCode failure, std::string_view where
);

/// Owns an object of the C API.
template <class T>
struct OpenVinoRelease {
  void (*release)(T*) = nullptr;
  void operator()(T* object) const noexcept { release(object); }
};
template <class T>
using OpenVinoPointer = std::unique_ptr<T, OpenVinoRelease<T>>;

}  // namespace martlet
