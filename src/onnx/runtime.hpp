// ONNX Runtime's environment, which the process has once, and its sessions.
#pragma once

#include <onnxruntime_cxx_api.h>

#include <cstddef>
#include <span>
#include <string>

#include "model_proto.hpp"

namespace sma::onnx {

/// A session whose passes run on the calling thread and `threads` - 1 threads that all sessions of the process share:
/// the first session makes them, whatever number later ones ask for. They have the priority of the thread that makes
/// it, or, if that is low, of the first one of normal priority to call start_waiting_threads(). They spin within a pass
/// alone. `model` and `data`
/// are not needed afterwards. Throws Ort::Exception, std::bad_alloc.
Ort::Session make_session(std::span<std::byte const> model, data_bytes_map const& data, int threads);

/// To be called before each pass.
void start_waiting_threads() noexcept;

/// Whether the exception says that memory ran out.
bool is_out_of_memory(std::exception const& e) noexcept;

/// Its message in one line of bounded length.
std::string message_of(std::exception const& e);

}  // namespace sma::onnx
