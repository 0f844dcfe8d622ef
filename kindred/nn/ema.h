// SPDX-License-Identifier: Apache-2.0
// The slow copy of a network: the key encoder of MoCo (arXiv:1911.05722 eq. 2), the target of BYOL (arXiv:2006.07733
// eq. 1).
//
// Only parameters are averaged. Buffers, the running statistics of batch norm, are left alone: the teacher's own
// forwards update them.
#pragma once

#include <torch/nn/module.h>

namespace kindred {

// Makes `to` equal to `from`: parameters and buffers. Throws InvalidArgument where names or shapes differ.
void copy_weights(torch::nn::Module& to, const torch::nn::Module& from);

// Makes `teacher` equal to `student`, and its parameters ask for no gradient.
void start_teacher(torch::nn::Module& teacher, const torch::nn::Module& student);

// teacher <- momentum teacher + (1 - momentum) student, parameter by parameter. momentum in [0, 1].
// Throws InvalidArgument where names or shapes differ.
void ema_update(torch::nn::Module& teacher, const torch::nn::Module& student, double momentum);

}  // namespace kindred
