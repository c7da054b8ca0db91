// Name of a file that is one shard of several, as Hugging Face writes it: "model-00001-of-00002.safetensors".
#pragma once

#include "sma/core/error.hpp"

#include <filesystem>
#include <string_view>

namespace sma::model {

/// What an error says about shards that torch.save() wrote.
inline constexpr std::string_view safetensors_shards_alone =
    "only shards of safetensors are read; save the model as one file, or by save_pretrained(folder, "
    "safe_serialization=True)";

/// Refuses a file of such a name, which has a part of a network's tensors, and names the index to give instead. One
/// shard of one ("-00001-of-00001") is a whole network. Errors: invalid_weights.
result<> check_is_no_shard(std::filesystem::path const& weights);

}  // namespace sma::model
