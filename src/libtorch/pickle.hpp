// Parser for Python's pickle format as data: no code runs, objects of unknown classes become opaque nodes. libtorch's
// own unpickler cannot read what torch.save(model.state_dict()) writes (an OrderedDict with attributes) nor checkpoints
// with objects of the trainer's beside the weights.
#pragma once

#include "sma/core/error.hpp"

#include <cstdint>
#include <deque>
#include <span>
#include <string>
#include <vector>

namespace sma::libtorch {

enum class pickle_kind { none, boolean, integer, real, text, sequence, dict, global, call, persistent, opaque };

/// One node. Nodes may be shared and may form cycles, as Python's objects do: bound any recursion.
struct pickle_value {
    pickle_kind kind = pickle_kind::none;
    std::int64_t integer = 0;          ///< integer; boolean: 0 or 1
    std::string text;                  ///< text and bytes; global: "module.name"
    std::vector<pickle_value*> items;  ///< sequence: elements; dict: key, value, key, value ...; call: callee,
                                       ///< arguments; persistent: the id
};

/// A parsed pickle, owner of its nodes. Movable; not to be copied, nodes point at each other.
struct pickle_document {
    pickle_document() = default;
    pickle_document(pickle_document&&) = default;
    pickle_document& operator=(pickle_document&&) = default;

    std::deque<pickle_value> nodes;
    pickle_value const* root = nullptr;
};

/// Parses protocols 2 to 5 as torch.save() writes them. Errors: invalid_weights.
result<pickle_document> parse_pickle(std::span<std::byte const> bytes);

}  // namespace sma::libtorch
