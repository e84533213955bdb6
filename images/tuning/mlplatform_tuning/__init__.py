"""Trials of a sweep as pods: any number of workers, any of them killed at any moment, exactly the trials asked for."""
