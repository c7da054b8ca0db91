#include "weight_names.hpp"

#include "sma/model/invalid_weights.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <set>
#include <string_view>
#include <utility>

namespace sma::model {
namespace {

using renamed = std::optional<std::string>;

/// A way of naming a ResNet's tensors. Recognized by one tensor that each network has once.
struct naming {
    std::string_view title;
    std::string_view anchor;  ///< the end of that tensor's name; what stands before it is the prefix
    /// torchvision's name of a tensor; nothing if it is none of the network's.
    renamed (*rename)(std::string_view prefix, std::string_view name);
};

std::optional<std::string_view> behind(std::string_view prefix, std::string_view name) {
    if (!name.starts_with(prefix)) return std::nullopt;
    return name.substr(prefix.size());
}

renamed torchvision_name(std::string_view prefix, std::string_view name) {
    auto const rest = behind(prefix, name);
    return rest ? renamed(*rest) : std::nullopt;
}

/// "3" and what follows the dot behind it.
std::optional<std::pair<int, std::string_view>> leading_number(std::string_view text) {
    int number = 0;
    auto const [end, failed] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (failed != std::errc() || end == text.data() + text.size() || *end != '.' || number < 0 || number > 999)
        return std::nullopt;
    return std::pair(number, text.substr(static_cast<std::size_t>(end - text.data()) + 1));
}

/// What a convolution and its batch-norm are called: "conv1.weight", "bn1.bias" or "downsample.0.weight".
renamed unit_name(std::string_view unit, std::string const& convolution, std::string const& normalization) {
    if (auto const part = behind("convolution.", unit)) return convolution + "." + std::string(*part);
    if (auto const part = behind("normalization.", unit)) return normalization + "." + std::string(*part);
    return std::nullopt;
}

/// Of "stages.0.layers.1.layer.2.convolution.weight", behind "encoder.".
renamed hugging_face_block_name(std::string_view rest) {
    auto const stage_text = behind("stages.", rest);
    auto const stage = stage_text ? leading_number(*stage_text) : std::nullopt;
    auto const block_text = stage ? behind("layers.", stage->second) : std::nullopt;
    auto const block = block_text ? leading_number(*block_text) : std::nullopt;
    if (!block) return std::nullopt;
    auto const start = "layer" + std::to_string(stage->first + 1) + "." + std::to_string(block->first) + ".";
    if (auto const shortcut = behind("shortcut.", block->second))
        return unit_name(*shortcut, start + "downsample.0", start + "downsample.1");
    auto const layer_text = behind("layer.", block->second);
    auto const layer = layer_text ? leading_number(*layer_text) : std::nullopt;
    if (!layer) return std::nullopt;
    auto const number = std::to_string(layer->first + 1);
    return unit_name(layer->second, start + "conv" + number, start + "bn" + number);
}

/// The classifier stands beside the network, which is called resnet.
renamed hugging_face_name(std::string_view prefix, std::string_view name) {
    if (auto const rest = behind(prefix, name)) {
        if (auto const stem = behind("embedder.embedder.", *rest)) return unit_name(*stem, "conv1", "bn1");
        if (auto const block = behind("encoder.", *rest)) return hugging_face_block_name(*block);
        return std::nullopt;
    }
    constexpr std::string_view own = "resnet.";
    auto const outer = prefix.ends_with(own) ? prefix.substr(0, prefix.size() - own.size()) : prefix;
    auto const rest = behind(outer, name);
    auto const head = rest ? behind("classifier.1.", *rest) : std::nullopt;
    return head ? renamed("fc." + std::string(*head)) : std::nullopt;
}

/// The children in their order: conv1, bn1, ReLU, max pool, four stages, average pool; then perhaps Flatten, and fc.
renamed sequential_name(std::string_view prefix, std::string_view name) {
    auto const rest = behind(prefix, name);
    auto const child = rest ? leading_number(*rest) : std::nullopt;
    if (!child) return std::nullopt;
    std::string const part(child->second);
    switch (child->first) {
        case 0:
            return "conv1." + part;
        case 1:
            return "bn1." + part;
        case 4:
        case 5:
        case 6:
        case 7:
            return "layer" + std::to_string(child->first - 3) + "." + part;
        case 9:
        case 10:
            return "fc." + part;
        default:
            return std::nullopt;
    }
}

constexpr std::array<naming, 3> namings{{
    {"torchvision", "layer1.0.conv1.weight", torchvision_name},
    {"Hugging Face", "encoder.stages.0.layers.0.layer.0.convolution.weight", hugging_face_name},
    {"nn.Sequential", "4.0.conv1.weight", sequential_name},
}};

constexpr std::array<std::string_view, 3> counters{"total_ops", "total_params", "n_averaged"};
constexpr std::array<std::string_view, 9> trainers_words{"criterion", "loss", "metric", "accuracy", "acc",
                                                         "train",     "val",  "valid",  "test"};
constexpr std::array<std::string_view, 5> trainers_endings{"_loss", "_metric", "_metrics", "_acc", "_accuracy"};

/// Of losses, metrics, and counters of profilers and averaged models: "criterion.weight", "val_acc.tp", "n_averaged".
bool belongs_to_no_layer(std::string_view name) {
    auto const last = name.substr(name.rfind('.') + 1);
    if (std::find(counters.begin(), counters.end(), last) != counters.end()) return true;
    auto const first = name.substr(0, name.find('.'));
    if (first.size() == name.size()) return false;
    bool const begins = std::any_of(trainers_words.begin(), trainers_words.end(), [first](std::string_view word) {
        auto const rest = behind(word, first);
        return rest && (rest->empty() || *rest == "s" || rest->starts_with('_'));
    });
    return begins || std::any_of(trainers_endings.begin(), trainers_endings.end(),
                                 [first](std::string_view ending) { return first.ends_with(ending); });
}

/// The name without the prefixes that trainers, compilers and data parallelism put before it.
std::string bare_name(std::string_view name) {
    for (bool again = true; again;) {
        again = false;
        for (std::string_view const prefix : {"module.", "model.", "_orig_mod."}) {
            if (!name.starts_with(prefix) || name.size() == prefix.size()) continue;
            name.remove_prefix(prefix.size());
            again = true;
        }
    }
    return std::string(name);
}

result<> add(state_dict& tensors, std::string const& name, std::string const& stored_name, tensor const& t) {
    if (tensors.emplace(name, t).second) return {};
    return invalid_weights(name + " appears twice: once as " + stored_name + ", once with another prefix");
}

std::set<std::string> prefixes_before(std::string_view anchor, state_dict const& stored) {
    std::set<std::string> found;
    for (auto const& [name, t] : stored) {
        if (!name.ends_with(anchor)) continue;
        auto const prefix = name.substr(0, name.size() - anchor.size());
        if (prefix.empty() || prefix.ends_with('.')) found.insert(prefix);
    }
    return found;
}

std::string joined(std::vector<std::string> const& names) {
    constexpr std::size_t shown = 10;
    std::string text;
    for (std::size_t i = 0; i < std::min(names.size(), shown); ++i) text += (i > 0 ? ", " : "") + names[i];
    return names.size() > shown ? text + " and " + std::to_string(names.size() - shown) + " more" : text;
}

/// A head such as nn.Sequential(Dropout, Linear) has its one layer with weights under a number.
void unwrap_head(state_dict& tensors, std::vector<remark>& remarks) {
    std::vector<std::string> parts;
    std::set<int> numbers;
    for (auto it = tensors.lower_bound("fc."); it != tensors.end() && it->first.starts_with("fc."); ++it) {
        auto const number = leading_number(std::string_view(it->first).substr(3));
        if (!number || (number->second != "weight" && number->second != "bias")) return;
        numbers.insert(number->first);
        parts.emplace_back(number->second);
    }
    if (numbers.size() != 1) return;
    auto const wrapped = "fc." + std::to_string(*numbers.begin()) + ".";
    for (auto const& part : parts) {
        auto node = tensors.extract(wrapped + part);
        node.key() = "fc." + part;
        tensors.insert(std::move(node));
    }
    remarks.push_back({"the classifier is " + wrapped.substr(0, wrapped.size() - 1)});
}

result<named_weights> renamed_weights(state_dict const& stored, naming const& n, std::string const& prefix) {
    named_weights w;
    std::vector<std::string> left_out;
    for (auto const& [name, t] : stored) {
        auto const own = n.rename(prefix, name);
        // The network itself may stand behind a trainer's word: "val_model.conv1.weight".
        if (belongs_to_no_layer(name) && (!own || belongs_to_no_layer(*own))) {
            left_out.push_back(name);
            continue;
        }
        if (!own)
            return invalid_weights(name + " is none of the network's whose names begin with \"" + prefix +
                                   "\": with more tensors it may compute something else");
        if (auto const added = add(w.tensors, *own, name, t); !added) return added.error();
    }
    if (n.anchor != namings.front().anchor) w.remarks.push_back({"the names are those of " + std::string(n.title)});
    if (!prefix.empty()) w.remarks.push_back({"the prefix \"" + prefix + "\" was removed from the names"});
    unwrap_head(w.tensors, w.remarks);
    if (!left_out.empty()) w.remarks.push_back({"left out, since they belong to no layer: " + joined(left_out), true});
    return w;
}

result<named_weights> without_trainers_prefixes(state_dict const& stored) {
    named_weights w;
    for (auto const& [name, t] : stored)
        if (auto const added = add(w.tensors, bare_name(name), name, t); !added) return added.error();
    return w;
}

}  // namespace

result<named_weights> with_torchvision_names(state_dict const& stored) {
    for (auto const& n : namings) {
        auto const prefixes = prefixes_before(n.anchor, stored);
        if (prefixes.empty()) continue;
        if (prefixes.size() > 1)
            return invalid_weights("the file holds more than one network, with the prefixes \"" + *prefixes.begin() +
                                   "\" and \"" + *std::next(prefixes.begin()) +
                                   "\": save the one that is to be served alone");
        return renamed_weights(stored, n, *prefixes.begin());
    }
    return without_trainers_prefixes(stored);
}

}  // namespace sma::model
