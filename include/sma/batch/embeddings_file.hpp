// NumPy file of embeddings, one row a classified file, which survives a kill and can be resumed.
#pragma once

#include "sma/core/error.hpp"

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>

namespace sma::batch {

struct embeddings_options {
    std::uint64_t rows = 0;  ///< that the results file has: those behind them are cut off
    bool resume = false;     ///< keep these rows
    bool overwrite = false;  ///< discard the content
};

/// NumPy's format 1.0, FP32, [rows, width]. The header says how many rows there were at the last finish(), so that
/// NumPy reads the file at any time; rows are written before the records that name them. Belongs to one thread.
class embeddings_file {
public:
    /// Opens and locks. Errors: validation_error (the file has content and neither resume nor overwrite was asked for,
    /// another process writes it, it is not such a file, it has fewer rows than the results), io_error.
    static result<std::unique_ptr<embeddings_file>> open(std::filesystem::path const& file,
                                                         embeddings_options const& options);
    ~embeddings_file();
    embeddings_file(embeddings_file const&) = delete;
    embeddings_file& operator=(embeddings_file const&) = delete;

    /// The number of the new row. The first one decides the width. Errors: io_error, validation_error (another width).
    result<std::uint64_t> append(std::span<float const> embedding);
    /// Writes the number of rows into the header. Error: io_error.
    result<void> finish();

private:
    embeddings_file(int descriptor, std::string name) : descriptor_(descriptor), name_(std::move(name)) {}
    result<void> prepare(embeddings_options const& options);
    result<void> recover(std::uint64_t rows, std::uint64_t bytes);
    result<void> write_at(std::uint64_t offset, void const* bytes, std::uint64_t count) const;
    std::uint64_t row_bytes() const noexcept { return width_ * sizeof(float); }

    int descriptor_;
    std::string name_;
    std::uint64_t width_ = 0;  ///< 0: no row yet
    std::uint64_t rows_ = 0;
};

}  // namespace sma::batch
