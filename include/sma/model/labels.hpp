// Loader of the names and groups of classes from label files.
#pragma once

#include "sma/core/error.hpp"

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace sma::model {

/// In class order.
struct class_labels {
    std::vector<std::string> names;
    std::vector<std::string> groups;  ///< one a class, which may be empty; none if the file has no groups
};

/// Reads a text file (one name a line, or class number, tab and name, to which tab and group may be added), a JSON
/// list, TorchServe's index_to_name.json ({"0": "tench"} or {"0": ["n01440764", "tench"]}) or Hugging Face's
/// config.json ("id2label"). `classes` is the model's number of classes. Errors: invalid_labels with one line that says
/// what was found and expected, also for text that looks like another form: tabs without a class number on the first
/// line, or its own number and a separator on every line ("0,tench").
result<class_labels> load_labels(std::filesystem::path const& file, int classes);

/// Where a label file of the weights' own name would be: resnet50.labels.txt for resnet50.pth, model.labels.txt for
/// model.safetensors.index.json.
std::filesystem::path own_label_file(std::filesystem::path weights);
/// The label file beside weights: of the same name with the ending .labels.txt, or a config.json with "id2label", as
/// Hugging Face writes it. Empty if there is none.
std::filesystem::path labels_beside(std::filesystem::path const& weights);

/// Labels among the texts that a weight file has within, by name: labels.txt, index_to_name.json, or a config.json with
/// "id2label", each in one of the forms above. Nothing if there are none. Errors: invalid_labels, which names the text.
result<std::optional<class_labels>> find_labels_within(std::map<std::string, std::string> const& texts, int classes);

/// "class_0", "class_1", ...: for a model that comes without names.
std::vector<std::string> numbered_labels(int classes);

}  // namespace sma::model
