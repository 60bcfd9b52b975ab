// Times the C++ core of Neural Amp Modeler (NeuralAmpModelerCore, MIT) block by block, with the
// fast tanh that plugins switch on. benchmarks/amp_live.py builds it and tells how.
//
// Usage: nam_core_blocks MODEL.nam SAMPLES BLOCK exact|fast
// Reads float32 samples from stdin, writes float32 samples to stdout, and on stderr the
// nanoseconds of every block, one a line.
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <vector>

#include "NAM/activations.h"
#include "NAM/dsp.h"
#include "NAM/get_dsp.h"

int main(int count, char** words)
{
  if (count != 5)
    return 2;
  const long samples = std::atol(words[2]);
  const int block = std::atoi(words[3]);
  if (std::strcmp(words[4], "fast") == 0)
    nam::activations::Activation::enable_fast_tanh();
  auto model = nam::get_dsp(std::filesystem::path(words[1]));
  model->Reset(48000.0, block);

  std::vector<float> heard(samples);
  if (std::fread(heard.data(), sizeof(float), heard.size(), stdin) != heard.size())
    return 3;
  std::vector<NAM_SAMPLE> dry(heard.begin(), heard.end()), wet(samples);
  std::vector<std::int64_t> times;
  times.reserve(samples / block);
  for (long at = 0; at + block <= samples; at += block)
  {
    NAM_SAMPLE* in[1] = {dry.data() + at};
    NAM_SAMPLE* out[1] = {wet.data() + at};
    const auto before = std::chrono::steady_clock::now();
    model->process(in, out, block);
    const auto after = std::chrono::steady_clock::now();
    times.push_back(std::chrono::duration_cast<std::chrono::nanoseconds>(after - before).count());
  }
  std::vector<float> said(wet.begin(), wet.end());
  std::fwrite(said.data(), sizeof(float), said.size(), stdout);
  for (auto time : times)
    std::fprintf(stderr, "%lld\n", static_cast<long long>(time));
  return 0;
}
