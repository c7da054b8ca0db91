// Messages between the server and the worker process that decodes for it.
//
// The server sends a setup and then one order after the other; the worker sends "ready" and then one answer for each
// order. File and tensor are in the memory that both share. Both ends belong to the same build on the same machine, so
// that numbers travel as they are. The server trusts nothing that comes back.
#pragma once

#include "sma/core/error.hpp"
#include "sma/core/request_context.hpp"
#include "sma/core/tensor_buffer.hpp"
#include "sma/image/decode_options.hpp"
#include "sma/image/dimensions.hpp"
#include "sma/image/preprocess.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace sma::isolation {

/// The descriptors that a worker has, besides the standard ones.
inline constexpr int worker_socket = 3;
inline constexpr int worker_memory = 4;

/// A worker's first message, unless it says in words why it cannot work.
inline constexpr std::string_view ready_message = "ready";
/// The longest message of a worker.
inline constexpr std::size_t message_bytes_max = 2048;

/// Where everything is in the shared memory: a word in front that says whether the client has left, the tensor, the
/// file.
struct memory_layout {
    std::size_t tensor_bytes = 0;  ///< room for it
    std::size_t file_bytes = 0;

    static constexpr std::size_t page = 64 * 1024;  ///< of any machine, or a multiple of it
    static constexpr std::size_t tensor_offset = page;
    std::size_t file_offset() const noexcept { return tensor_offset + (tensor_bytes + page - 1) / page * page; }
    std::size_t bytes() const noexcept { return file_offset() + file_bytes; }
};

/// What a worker is told first.
struct worker_setup {
    std::string build;
    memory_layout layout;
    image::decode_options decoding;
};

/// One piece of work.
struct order {
    enum class kind : std::uint32_t { probe, decode };
    std::uint64_t number = 0;  ///< of this worker's orders; the answer has the same
    kind what = kind::probe;
    std::uint64_t file_bytes = 0;
    steady_time deadline = steady_time::max();  ///< of the request: the clock is the machine's
    input_format format;                        ///< of the tensor, for decode, as the next
    image::preprocess_options preprocess;       ///< of the request's model
};

/// What came of it.
struct answer {
    std::uint64_t number = 0;
    result<image::dimensions> outcome;  ///< of decode: 1 x 1
};

std::string write_setup(worker_setup const& setup);
/// Error: internal_error, where the setup is not of `build`.
result<worker_setup> read_setup(std::string_view message, std::string_view build);

std::string write_order(order const& o);
std::optional<order> read_order(std::string_view message);

/// Texts are shortened to what a message holds.
std::string write_answer(answer const& a);
/// Nothing, unless the message is an answer as a worker writes one: with the code of an error that decoding may have,
/// or with dimensions of 1 to `pixels_max` pixels. What is no text in an error's message is replaced.
std::optional<answer> read_answer(std::string_view message, std::int64_t pixels_max);

/// A worker's words, with what is no printable text replaced.
std::string clean_text(std::string_view text);

}  // namespace sma::isolation
