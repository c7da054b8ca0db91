#include "sma/serving/prediction_writer.hpp"

namespace sma::serving {

void write_prediction(array_writer& predictions, std::size_t rank, scored_class const& scored, std::string_view name) {
    object_writer o(predictions);
    o.number("rank", rank);
    o.number("class_index", scored.index);
    o.text("class_name", name);
    o.number("confidence", scored.confidence, confidence_digits);
}

}  // namespace sma::serving
