// Reader and writer of the safetensors format: a length, a JSON header and the tensors' bytes. The reader copies the
// file into memory, once.
#pragma once

#include "sma/core/error.hpp"
#include "sma/model/state_dict.hpp"

#include <filesystem>
#include <map>
#include <string>

namespace sma::model {

/// Content of a safetensors file, with its own names. A value; may be used on any thread.
struct safetensors {
    state_dict tensors;  ///< read: views of the file's bytes, which live as long as any of them
    std::map<std::string, std::string> metadata;  ///< `__metadata__`
};

/// Reads F64, F32, F16, BF16, I64, I32, I16, I8, U8 and BOOL. Strict: the header's length and JSON, unknown or
/// duplicate keys, types, shapes, offsets that overlap, leave holes or do not fit the shape or the file are refused
/// with one line that names the tensor. A tensor whose place in the file is not aligned for its type is copied. The
/// tensors must not be written to. Errors: io_error, out_of_memory, invalid_weights.
result<safetensors> read_safetensors(std::filesystem::path const& file);

/// The metadata of the file alone: its tensors are not read. Errors: the same.
result<std::map<std::string, std::string>> read_safetensors_metadata(std::filesystem::path const& file);

/// Whether the file begins as one does. False also for the index of a sharded one, and for what cannot be read.
bool is_safetensors(std::filesystem::path const& file);

/// Writes a file that read_safetensors() accepts, the widest types first and each tensor aligned. The file appears
/// whole or not at all. Errors: io_error.
result<> write_safetensors(std::filesystem::path const& file, safetensors const& content);

}  // namespace sma::model
