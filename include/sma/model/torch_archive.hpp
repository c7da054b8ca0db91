// Interface to the reader of PyTorch's zip archives, for which libtorch is needed.
#pragma once

#include "sma/core/error.hpp"
#include "sma/model/file_kind.hpp"
#include "sma/model/state_dict.hpp"

#include <filesystem>
#include <functional>
#include <map>
#include <string>

namespace sma::model {

/// What torch.save() wrote.
struct checkpoint {
    state_dict tensors;        ///< names as they stand in it
    std::string key;           ///< under which a trainer keeps them; empty for a state dict alone
    std::string architecture;  ///< that a trainer wrote beside them, e.g. "resnet50"; mostly empty
};

/// Immutable; any thread.
class torch_archive_reader {
public:
    virtual ~torch_archive_reader() = default;

    /// pth or torchscript. Errors: invalid_weights.
    virtual result<file_kind> kind(std::filesystem::path const& file) const = 0;

    /// A state dict, or the one in what a trainer saved: under "state_dict", "model" and other keys. Storages are
    /// copied into memory once and shared by their tensors. Errors: invalid_weights.
    virtual result<checkpoint> read_checkpoint(std::filesystem::path const& file) const = 0;

    /// Parameters and buffers of a TorchScript file by name, for people who look at them. Errors: invalid_weights.
    virtual result<state_dict> read_script(std::filesystem::path const& file) const = 0;

    /// Texts that were saved into a TorchScript file (`_extra_files`), by name. Errors: invalid_weights, also for a
    /// text of more than 4 MiB.
    virtual result<std::map<std::string, std::string>> read_extra_files(std::filesystem::path const& file) const = 0;
};

/// Finds the reader when a file needs one. Errors: unsupported where libtorch is not installed.
using torch_archives = std::function<result<torch_archive_reader const*>()>;

}  // namespace sma::model
